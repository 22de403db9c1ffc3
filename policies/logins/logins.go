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

// Logins tests user names and passwords within the limits of a database. All of
// one database count together, in this process, and as far as the store
// reaches. It is safe for concurrent use.
type Logins struct {
	users *models.Users
	site  *site
}

// Of returns the logins of a user model, with the [Limits] that its database
// has been given, or the defaults.
func Of(users *models.Users) *Logins {
	if users == nil {
		panic("logins: Of was given no users; they are what models.UsersOf returns")
	}
	return &Logins{users: users, site: siteOf(users)}
}

// Authenticate returns the active user of that name and password, as
// [models.Users.AuthenticateUnlimited] does, if the limits let the password be
// tested. The client is that of [ginauth.ClientAddress]. The error is
//   - [models.ErrBadCredentials]: which of the two is wrong, nobody is told.
//     That is also the answer to a name that finds a user by a collation of the
//     column only, and that is another [Account]: a name has no more counters
//     than spellings that log in;
//   - or else an [*ginauth.Error] for [ginauth.Abort]: 429 with Retry-After if
//     there have been too many failures, in words that do not depend on whether
//     there is such a user, or 503 for a failure of ours.
//
// An attempt that is refused costs no password hash, and no write to the store.
// Where a few are being tested and could all turn out wrong, more wait for
// them, for five seconds at most, so that nobody is refused because others are
// being tested: it is 503 then, not 429.
func (l *Logins) Authenticate(c *gin.Context, username, password string) (models.UserModel, error) {
	ctx, limits := c.Request.Context(), &l.site.limits
	if limits.InsecureUnlimited {
		return l.test(ctx, username, password)
	}
	place, err := l.site.queue.enter(ctx, loginstore.Attempt{
		Account: loginstore.AccountOf(username), Principal: loginstore.PrincipalOf(username), Network: limits.network(ginauth.ClientAddress(c)),
	})
	switch {
	case errors.Is(err, loginstore.Busy{}), err != nil && (!limits.FailOpen || ctx.Err() != nil): // who has gone away is not let in uncounted
		return nil, ginauth.Unavailable(err)
	case err != nil:
		l.site.passUncounted(ctx, err)
		return l.test(ctx, username, password)
	case place.Verdict != loginstore.Reserved:
		return nil, ginauth.Throttled().AvailableIn(place.Wait)
	}
	outcome := loginstore.Failed // if it panics
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

func (l *Logins) test(ctx context.Context, username, password string) (models.UserModel, error) {
	user, err := l.users.AuthenticateUnlimited(ctx, username, password)
	switch {
	case err != nil && !errors.Is(err, models.ErrBadCredentials):
		return nil, ginauth.Unavailable(err)
	case err != nil:
		return nil, err
	case !l.site.limits.InsecureUnlimited && loginstore.AccountOf(l.users.Username(user)) != loginstore.AccountOf(username):
		return nil, models.ErrBadCredentials // the database takes names for equal that the counters tell apart
	}
	return user, nil
}

// settle tells the store, also when the client has gone away. If it cannot be
// told, the attempt will count as failed.
func (s *site) settle(ctx context.Context, p *place, outcome loginstore.Outcome) {
	if err := s.queue.leave(ctx, p, outcome); err != nil {
		s.limits.Logger.LogAttrs(ctx, slog.LevelError, "the outcome of a login was not counted", slog.String("cause", err.Error()))
	}
}

// kept is for a place that was kept for another right password, and then could
// not be given back, as when the database has been closed.
func (s *site) kept(err error) {
	s.limits.Logger.LogAttrs(context.Background(), slog.LevelWarn, "the place of a right password was not given back, and will count as a failure",
		slog.String("cause", err.Error()))
}

// Store returns what keeps the counters, nil if there are no limits.
func (l *Logins) Store() Store { return l.site.limits.Store }

// Network returns the network that an address is counted with.
func (l *Logins) Network(address netip.Addr) netip.Prefix {
	return l.site.limits.network(address)
}

// passUncounted is for a store that fails, with FailOpen.
func (s *site) passUncounted(ctx context.Context, err error) {
	if n, due := s.alarm.Ring(time.Second); due {
		s.limits.Logger.LogAttrs(ctx, slog.LevelError, "the store of failed logins failed, passwords are tested uncounted",
			slog.Int("logins", n), slog.String("cause", err.Error()))
	}
}
