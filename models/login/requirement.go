package login

import (
	"context"
	"net/netip"
	"time"

	"github.com/ginauth/ginauth/models"
)

// Attempt is what a [Lock] and a [Requirement] decide about.
type Attempt struct {
	Users *models.Users

	// User is the active user whose password was right; nil for a [Lock].
	User models.UserModel

	Username  string        // as the client gave it
	Code      models.Secret // a one-time code, or "" if the client gave none
	Address   netip.Addr
	UserAgent string
}

// Lock keeps clients out before a password is tested, such as those that
// have failed too often. It must be safe for concurrent use.
type Lock interface {
	// Admit decides about an attempt before the user is loaded and the password
	// tested, for every name. So its answer must not depend on either. With
	// [models.LoginFields] it is asked again about the user name that the text
	// stands for, if that is another. The error is a [*Refusal], or a failure,
	// which lets no user in either.
	Admit(ctx context.Context, attempt Attempt) error
}

// Requirement is asked about a user whose password was right. It must be
// safe for concurrent use.
type Requirement interface {
	// Require decides about a user whose password was right. The error is a
	// [*Refusal], or a failure, which lets no user in either. Require uses
	// up no code that is right; it returns a proof instead, or nil if there is
	// nothing to use up.
	Require(ctx context.Context, attempt Attempt) (Proof, error)
}

// Proof uses up a code that is right, and returns the factor that the code
// proves. It is called once all requirements let the user pass. Of any number
// of concurrent logins with one code, it returns an error to all but one.
type Proof func(ctx context.Context) (Factor, error)

// TableReader is an optional ability of a [Lock] and a [Requirement]: it tells
// what they read.
type TableReader interface {
	// Tables returns the columns that are needed, by table. A table without
	// columns is read if it exists. [Preflight] finds those that are missing. The
	// error says what is wrong with the settings; db.Use returns it.
	Tables() (map[string][]string, error)
}

// Refusal is a decision against a login. That of a [Requirement] tells
// the client that the password was right.
type Refusal struct {
	Status int           // 401, 403 or 429; zero: 403
	Code   string        // for programs, e.g. "otp_required"
	Detail string        // for people
	Wait   time.Duration // when to try again; zero: unknown
	Guess  bool          // a code was wrong: counted like a wrong password
}

// Error returns the code.
func (r *Refusal) Error() string { return "login: refused: " + r.Code }

// Refusal returns what the client may be told.
func (r *Refusal) Refusal() (status int, code, detail string) {
	if r.Status == 0 {
		return 403, r.Code, r.Detail
	}
	return r.Status, r.Code, r.Detail
}
