package logins

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/models"
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

// Authenticate returns the active user of that name and password, as
// [models.Users.AuthenticateUnlimited] does, if the limits admit the attempt.
// The client is identified by [ginauth.ClientAddress]. The error is one of:
//   - [models.ErrBadCredentials], which does not tell whether the name or the
//     password is wrong. It is also returned for a spelling of the name that
//     finds the user only by the column's collation and is counted as another
//     account, so that further spellings give an attacker no further attempts;
//   - an [*ginauth.Error] for [ginauth.Abort]: 429 with Retry-After after too
//     many failures, in words that do not depend on whether the user exists, or
//     503 for a failure on our side.
//
// An attempt that is refused costs no password hash, and no write to the store.
// While so many attempts are being tested that no more may fail, others wait
// for them, at most five seconds. After that the answer is 503, not 429: no
// client is refused because others are being tested.
func (l *Logins) Authenticate(c *gin.Context, username, password string) (models.UserModel, error) {
	ctx, limits := c.Request.Context(), &l.site.limits
	if limits.InsecureUnlimited {
		return l.test(ctx, username, password)
	}
	place, err := l.site.queue.enter(ctx, loginstore.Attempt{
		Account:   loginstore.AccountOf(username),
		Principal: loginstore.PrincipalOf(username),
		Network:   limits.network(ginauth.ClientAddress(c)),
	})
	switch {
	case errors.Is(err, loginstore.Busy{}), err != nil && !limits.FailOpen:
		return nil, ginauth.Unavailable(err)
	case err != nil && ctx.Err() != nil: // a client that has gone away is not admitted uncounted
		return nil, ginauth.Unavailable(err)
	case err != nil:
		l.site.passUncounted(ctx, err)
		return l.test(ctx, username, password)
	case place.Verdict != loginstore.Reserved:
		return nil, ginauth.Throttled().AvailableIn(place.Wait)
	}
	outcome := loginstore.Failed // also if the test panics
	defer func() { l.site.settle(ctx, place, outcome) }()
	user, err := l.test(ctx, username, password)
	switch {
	case err == nil:
		outcome = loginstore.Succeeded
	case !errors.Is(err, models.ErrBadCredentials):
		outcome = loginstore.Untested
	}
	return user, err
}

// Store returns the store of the counters, or nil if there are no limits.
func (l *Logins) Store() Store { return l.site.limits.Store }

// Network returns the network that an address is counted with.
func (l *Logins) Network(address netip.Addr) netip.Prefix {
	return l.site.limits.network(address)
}

// test checks the password without counting the attempt.
func (l *Logins) test(ctx context.Context, username, password string) (models.UserModel, error) {
	user, err := l.users.AuthenticateUnlimited(ctx, username, password)
	switch {
	case err != nil && !errors.Is(err, models.ErrBadCredentials):
		return nil, ginauth.Unavailable(err)
	case err != nil:
		return nil, err
	case !l.site.limits.InsecureUnlimited && loginstore.AccountOf(l.users.Username(user)) != loginstore.AccountOf(username):
		return nil, models.ErrBadCredentials // equal names to the database, but not to the counters
	}
	return user, nil
}

// settle reports an outcome to the store, even if the client has gone away. An
// attempt whose outcome cannot be reported counts as failed.
func (s *site) settle(ctx context.Context, p *place, outcome loginstore.Outcome) {
	if err := s.queue.leave(ctx, p, outcome); err != nil {
		s.limits.Logger.LogAttrs(ctx, slog.LevelError, "the outcome of a login was not counted", slog.String("cause", err.Error()))
	}
}

// kept logs that a place kept for another right password could not be given
// back, for example because the database was closed.
func (s *site) kept(err error) {
	s.limits.Logger.LogAttrs(context.Background(), slog.LevelWarn, "the place of a right password was not given back, and will count as a failure",
		slog.String("cause", err.Error()))
}

// passUncounted logs a failure of the store, with FailOpen.
func (s *site) passUncounted(ctx context.Context, err error) {
	if n, due := s.alarm.Ring(time.Second); due {
		s.limits.Logger.LogAttrs(ctx, slog.LevelError, "the store of failed logins failed, passwords are tested uncounted",
			slog.Int("logins", n), slog.String("cause", err.Error()))
	}
}
