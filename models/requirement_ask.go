package models

import (
	"context"
	"fmt"
)

// admit asks the locks, before anything depends on the name or the password.
func (u *Users) admit(ctx context.Context, attempt LoginAttempt) error {
	for _, lock := range u.requirements.Locks {
		if err := lock.Admit(ctx, attempt); err != nil {
			return fmt.Errorf("%T: %w", lock, err)
		}
	}
	return nil
}

// require asks the requirements of a login whose password was right. It returns
// the factors that were proved.
func (u *Users) require(ctx context.Context, attempt LoginAttempt, also []LoginRequirement) (factors []Factor, err error) {
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
