package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// admit asks the locks, before anything depends on the password: about the name
// that the client gave, and about the user name that it stands for.
func (u *Users) admit(ctx context.Context, attempt LoginAttempt, account string) error {
	for _, lock := range u.requirements.Locks {
		err := lock.Admit(ctx, attempt)
		if err == nil && account != attempt.Username {
			named := attempt
			named.Username = account
			err = lock.Admit(ctx, named)
		}
		if err != nil {
			return fmt.Errorf("%T: %w", lock, err)
		}
	}
	return nil
}

// require asks the requirements of a login whose password was right. It returns
// the factors that were proved.
func (u *Users) require(
	ctx context.Context, attempt LoginAttempt, also []LoginRequirement,
) (factors []Factor, err error) {
	if len(u.requirements.All) > 0 {
		if err := u.checkKey(ctx, attempt.User); err != nil {
			return nil, err
		}
	}
	var proofs []LoginProof
	for _, list := range [][]LoginRequirement{also, u.requirements.All} {
		for _, r := range list {
			proof, err := r.Require(ctx, attempt)
			if err != nil {
				return nil, fmt.Errorf("%T: %w", r, err)
			}
			if proof != nil {
				proofs = append(proofs, proof)
			}
		}
	}
	for _, use := range proofs {
		factor, err := use(ctx)
		if err != nil {
			return nil, fmt.Errorf("use a code: %w", err)
		}
		factors = append(factors, factor)
	}
	return factors, nil
}

// checkKey returns an error if the user's row is not found by the key that was
// loaded, by which requirements look for what belongs to the user: they would
// find nothing, and let the user pass. Integers and texts are stored as they
// are loaded. A UUID in SQLite is not, if Django has stored it, as 32 digits.
func (u *Users) checkKey(ctx context.Context, user UserModel) error {
	key := u.Key(user)
	_, converted := key.(driver.Valuer)
	if v := reflect.ValueOf(key); !converted && (v.CanInt() || v.CanUint() || v.Kind() == reflect.String) {
		return nil
	}
	found, err := u.texts(ctx, u.sql.passwordOf, key)
	switch {
	case err != nil:
		return fmt.Errorf("find the user by its key: %w", err)
	case len(found) == 0:
		return fmt.Errorf("models: LoginRequirements: no user is found by the key %v, "+
			"so nothing that belongs to this user can be: "+
			"the database stores keys in another form than the Go type of the primary key", key)
	}
	return nil
}
