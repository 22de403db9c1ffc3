package logins

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// Logins tests user names and passwords within the limits of a database. All
// Logins of one database count together, in this process and wherever its store
// is shared. A Logins is safe for concurrent use.
type Logins struct {
	users *models.Users
	site  *site
}

// Of returns the logins of a user model, with the [Limits] of its database or
// the defaults. It panics if users is nil.
func Of(users *models.Users) *Logins {
	if users == nil {
		panic("logins: Of was given no users; they are what models.UsersOf returns")
	}
	return &Logins{users: users, site: siteOf(users)}
}

// Authenticate returns the login of the active user of that name and password,
// as [login.AuthenticateUnlimited] does, if the limits admit the
// attempt. The client is identified by [ginauth.ClientAddress]; the address and
// the user agent of the credentials are set from the request. The error is one
// of:
//   - [models.ErrBadCredentials], which does not tell whether the name or the
//     password is wrong. It is also returned for a spelling of the name that
//     finds the user only by the column's collation and is counted as another
//     account, so that further spellings give an attacker no further attempts;
//   - an [*ginauth.Error] for [ginauth.Abort]: 429 with Retry-After after too
//     many failures, in words that do not depend on whether the user exists;
//     the refusal of one of [login.Requirements], whose body is
//     {"detail": ..., "code": ...}; or 503 for a failure on our side.
//
// An attempt that is refused by the limits costs no password hash, and no write
// to the store. After a burst of 100 refusals, the process answers one in 10 ms,
// and others wait for up to 4 seconds, without a connection to the database:
// those of users within a transaction do not wait. While so many attempts are
// being tested that no more may fail, others wait for them, at most five
// seconds. After that the answer is 503, not 429: no client is refused because
// others are being tested.
//
// A wrong code counts as a wrong password does. A right password whose login is
// refused for another reason counts neither as a failure nor as a login.
func (l *Logins) Authenticate(c *gin.Context, given login.Credentials) (login.Result, error) {
	result, err := l.authenticate(c, given)
	tell(c, result, err)
	return result, err
}

// authenticate is [Logins.Authenticate] without events.
func (l *Logins) authenticate(c *gin.Context, given login.Credentials) (login.Result, error) {
	ctx, limits := ginauth.Context(c), &l.site.limits
	given.Address, given.UserAgent = ginauth.ClientAddress(c), c.Request.UserAgent()
	account, err := userkit.Of(l.users).LoginName(ctx, given.Username)
	if err != nil {
		return login.Result{}, ginauth.Unavailable(err)
	}
	given.Account = account
	if limits.InsecureUnlimited {
		result, err := l.test(ctx, given)
		return result, answer(err)
	}
	place, err := l.site.queue.enter(ctx, loginstore.Attempt{
		Account:   loginstore.AccountOf(account),
		Principal: loginstore.PrincipalOf(account),
		Network:   limits.network(given.Address),
	})
	switch {
	case errors.Is(err, loginstore.Busy{}), err != nil && !limits.FailOpen:
		return login.Result{}, ginauth.Unavailable(err)
	case err != nil && ctx.Err() != nil: // a client that has gone away is not admitted uncounted
		return login.Result{}, ginauth.Unavailable(err)
	case err != nil:
		l.site.failed(ctx, "tested_uncounted", err)
		result, err := l.test(ctx, given, sameAccount(account))
		return result, answer(err)
	case place.Verdict != loginstore.Reserved:
		until := time.Now().Add(place.Wait)
		if !sqlkit.Begun(l.users.Database()) { // the caller's transaction keeps a connection of the pool
			l.site.brake.hold(ctx)
		}
		return login.Result{}, held.AvailableIn(max(time.Until(until), time.Second))
	}
	outcome := loginstore.Failed // also if the test panics
	var result login.Result
	defer func() {
		if errors.Is(err, context.DeadlineExceeded) { // the client has waited, and the store may hang as well
			go l.site.settle(ctx, place, outcome)
			return
		}
		l.site.settle(ctx, place, outcome)
	}()
	result, err = l.test(ctx, given, sameAccount(account))
	outcome = outcomeOf(err)
	return result, answer(err)
}

// Preflight finds what is wrong with the [login.Requirements] and the
// store, for a way in of your own:
//
//	auth.AddCheck(func(ctx context.Context, _ []ginauth.Authenticator) error {
//		return passwords.Preflight(ctx)
//	})
//
// Those of this module call it.
func (l *Logins) Preflight(ctx context.Context) error {
	err := login.Preflight(ctx, l.users)
	if store, ok := l.Store().(ginauth.Preflighter); ok {
		err = errors.Join(err, store.Preflight(ctx))
	}
	return err
}

// CheckDeploy says what is unfit for production in the [Limits] of the
// database, with the contract of [ginauth.DeployChecker]: that passwords may be
// guessed without end, or that each process counts for itself.
func (l *Logins) CheckDeploy(ctx context.Context) error {
	if l.Store() == nil {
		return errors.New("unlimited-logins: passwords may be guessed without end; " +
			"remove logins.Limits.InsecureUnlimited")
	}
	if store, ok := l.Store().(ginauth.DeployChecker); ok {
		return store.CheckDeploy(ctx)
	}
	return nil
}

// Store returns the store of the counters, or nil if there are no limits.
func (l *Logins) Store() Store { return l.site.limits.Store }

// Network returns the network that an address is counted with.
func (l *Logins) Network(address netip.Addr) netip.Prefix {
	return l.site.limits.network(address)
}

// test tests the credentials without counting the attempt.
func (l *Logins) test(
	ctx context.Context, given login.Credentials, also ...login.Requirement,
) (login.Result, error) {
	return login.AuthenticateUnlimited(ctx, l.users, given, also...)
}

// settle reports an outcome to the store, even if the client has gone away. An
// attempt whose outcome cannot be reported counts as failed.
func (s *site) settle(ctx context.Context, p *place, outcome loginstore.Outcome) {
	if err := s.queue.leave(ctx, p, outcome); err != nil {
		s.failed(ctx, "outcome_uncounted", err)
	}
}

// kept logs that a place kept for another right password could not be given
// back, for example because the database was closed. No request waits for it.
func kept(err error) {
	const message = "the place of a right password was not given back, and will count as a failure"
	slog.LogAttrs(context.Background(), slog.LevelWarn, message, alarm.Cause(err))
}

// failed tells a failure of the store that fails no login.
func (s *site) failed(ctx context.Context, code string, err error) {
	ginauth.Emit(ctx, ginauth.Event{Kind: ginauth.StoreFailed, Class: "logins.Limits", Code: code, Cause: err.Error()})
}
