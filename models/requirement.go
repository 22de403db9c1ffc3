package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net/netip"
	"reflect"
	"time"
)

// Credentials are what a client presents at a login.
type Credentials struct {
	Username string
	Password Secret
	Code     Secret // a one-time code, or "" if the client gave none

	// Account is the user name that Username stands for, as [Users.LoginName]
	// has found it. logins.Logins.Authenticate of package policies/logins sets
	// it. Default: it is looked up.
	Account string

	// Address and UserAgent say which client it is, where a [LoginRequirement]
	// depends on it. logins.Logins.Authenticate of package policies/logins sets
	// them from the request.
	Address   netip.Addr // zero: unknown
	UserAgent string
}

// Login is a login that has succeeded.
type Login struct {
	User    UserModel
	Factors []Factor // what the user has proved, the password first
}

// Methods of a [Factor], as amr values of RFC 8176.
const (
	MethodPassword = "pwd"
	MethodOTP      = "otp"
)

// Factor is one proof of who a user is, given at a login.
type Factor struct {
	Method string // an amr value of RFC 8176, e.g. [MethodOTP]

	// Device names what has made a code, or is "" for a password: django-otp's
	// persistent_id, e.g. "otp_totp.totpdevice/3", or for allauth.mfa
	// "mfa.authenticator.totp/3", with the type and key of the authenticator.
	Device string

	At time.Time
}

// LoginAttempt is what a [LoginLock] and a [LoginRequirement] decide about.
type LoginAttempt struct {
	Users *Users

	// User is the active user whose password was right; nil for a [LoginLock].
	User UserModel

	Username  string // as the client gave it
	Code      Secret // a one-time code, or "" if the client gave none
	Address   netip.Addr
	UserAgent string
}

// LoginLock keeps clients out before a password is tested, such as those that
// have failed too often. It must be safe for concurrent use.
type LoginLock interface {
	// Admit decides about an attempt before the user is loaded and the password
	// tested, for every name. So its answer must not depend on either. With
	// [LoginFields] it is asked again about the user name that the text stands
	// for, if that is another. The error is a [*LoginRefusal], or a failure,
	// which lets no user in either.
	Admit(ctx context.Context, attempt LoginAttempt) error
}

// LoginRequirement is asked about a user whose password was right. It must be
// safe for concurrent use.
type LoginRequirement interface {
	// Require decides about a user whose password was right. The error is a
	// [*LoginRefusal], or a failure, which lets no user in either. Require uses
	// up no code that is right; it returns a proof instead, or nil if there is
	// nothing to use up.
	Require(ctx context.Context, attempt LoginAttempt) (LoginProof, error)
}

// LoginProof uses up a code that is right, and returns the factor that the code
// proves. It is called once all requirements let the user pass. Of any number
// of concurrent logins with one code, it returns an error to all but one.
type LoginProof func(ctx context.Context) (Factor, error)

// LoginTables is an optional ability of a [LoginLock] and a [LoginRequirement]:
// it tells what they read.
type LoginTables interface {
	// LoginTables returns the columns that are needed, by table. A table without
	// columns is read if it exists. [Users.PreflightLogin] finds those that are
	// missing. The error says what is wrong with the settings; db.Use returns
	// it.
	LoginTables() (map[string][]string, error)
}

// LoginRefusal is a decision against a login. That of a [LoginRequirement] tells
// the client that the password was right.
type LoginRefusal struct {
	Status int           // 401, 403 or 429; zero: 403
	Code   string        // for programs, e.g. "otp_required"
	Detail string        // for people
	Wait   time.Duration // when to try again; zero: unknown
	Guess  bool          // a code was wrong: counted like a wrong password
}

// Error returns the code.
func (r *LoginRefusal) Error() string { return "models: login refused: " + r.Code }

// Refusal returns what the client may be told.
func (r *LoginRefusal) Refusal() (status int, code, detail string) {
	if r.Status == 0 {
		return 403, r.Code, r.Detail
	}
	return r.Status, r.Code, r.Detail
}

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
