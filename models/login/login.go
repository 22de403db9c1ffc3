// Package login describes logins with a password: what a client presents, what
// is required besides the right password, and what the user has proved.
//
// A login page calls logins.Of(users).Authenticate of package policies/logins,
// which limits how often a client may guess. What Django's packages require is
// in package models/requirements.
package login

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// Credentials are what a client presents at a login.
type Credentials struct {
	Username string
	Password models.Secret
	Code     models.Secret // a one-time code, or "" if the client gave none

	// Account is the user name that Username stands for, see
	// [models.LoginFields]. logins.Logins.Authenticate of package
	// policies/logins sets it. Default: it is looked up.
	Account string

	// Address and UserAgent say which client it is, where a [Requirement]
	// depends on it. logins.Logins.Authenticate of package policies/logins sets
	// them from the request.
	Address   netip.Addr // zero: unknown
	UserAgent string
}

// Result is a login that has succeeded.
type Result struct {
	User    models.UserModel
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

// AuthenticateUnlimited returns the login of the active user of that password
// and name, or of that text in one of the [models.LoginFields], or
// [models.ErrBadCredentials] (Django: authenticate with ModelBackend). It does
// not limit how often a client may guess. A login page calls
// logins.Of(users).Authenticate of package policies/logins, which does; this
// function is for tools whose caller is trusted.
//
// The locks of the database's [Requirements] are asked first. A user whose
// password is right must meet the requirements, after those in also. The error
// is a [*Refusal] of the first one that is not met. A refused login changes
// nothing, except that a wrong code is recorded.
//
// A password over [password.MaxBytes] is refused before anything is computed. A
// hash that the preferred hasher would make stronger is replaced (see
// [password.Hashers.CheckPassword]), unless [models.Passwords] has KeepHashes or
// the column is too short for it; a failure to do so is logged, at most once a
// minute, and the next login tries again.
//
// An unknown user, an inactive user and a user without a usable hash cost the
// work of a wrong password. Where hashes are of several algorithms or
// parameters, that is one hash of each algorithm met so far in this database,
// with the strongest parameters met.
//
// Hashes wait their turn according to [models.Passwords]: the error may be
// [password.ErrBusy].
func AuthenticateUnlimited(
	ctx context.Context, users *models.Users, given Credentials, also ...Requirement,
) (Result, error) {
	if len(given.Password) > password.MaxBytes {
		return Result{}, models.ErrBadCredentials
	}
	inner, requirements := userkit.Of(users), requirementsOf(users)
	if given.Account == "" {
		var err error
		if given.Account, err = inner.LoginName(ctx, given.Username); err != nil {
			return Result{}, err
		}
	}
	attempt := Attempt{
		Users: users, Username: given.Username, Code: given.Code, Address: given.Address, UserAgent: given.UserAgent,
	}
	if err := requirements.admit(ctx, attempt, given.Account); err != nil {
		return Result{}, err
	}
	user, checked, err := inner.CheckPassword(ctx, given.Account, string(given.Password))
	if err != nil {
		return Result{}, err
	}
	attempt.User = user
	known := Factor{Method: MethodPassword, At: sqlkit.Now()}
	factors, err := requirements.require(ctx, attempt, also)
	if err != nil {
		return Result{}, err
	}
	inner.Upgrade(ctx, user, string(given.Password), checked)
	return Result{user, append([]Factor{known}, factors...)}, nil
}

// admit asks the locks, before anything depends on the password: about the name
// that the client gave, and about the user name that it stands for.
func (r Requirements) admit(ctx context.Context, attempt Attempt, account string) error {
	for _, lock := range r.Locks {
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
func (r Requirements) require(
	ctx context.Context, attempt Attempt, also []Requirement,
) (factors []Factor, err error) {
	if len(r.All) > 0 {
		if err := userkit.Of(attempt.Users).CheckKey(ctx, attempt.User); err != nil {
			return nil, err
		}
	}
	var proofs []Proof
	for _, list := range [][]Requirement{also, r.All} {
		for _, requirement := range list {
			proof, err := requirement.Require(ctx, attempt)
			if err != nil {
				return nil, fmt.Errorf("%T: %w", requirement, err)
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
