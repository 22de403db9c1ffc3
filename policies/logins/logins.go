package logins

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// Logins tests user names and passwords within the limits of a database. All of one database count together, in this process, and as
// far as the store reaches. It is safe for concurrent use.
type Logins struct {
	users *models.Users
	site  *site
}

// Of returns the logins of a user model, with the [Limits] that its database has been given, or the defaults.
func Of(users *models.Users) *Logins { return &Logins{users: users, site: siteOf(users)} }

const (
	storeTimeout = 5 * time.Second // of one question to the store
	patience     = 5 * time.Second // how long an attempt waits for others that are being tested
	minPause     = 10 * time.Millisecond
	maxPause     = 320 * time.Millisecond
)

// Authenticate returns the active user of that name and password, as [models.Users.AuthenticateUnlimited] does, if the limits let the password be
// tested. The client is that of [ginauth.ClientAddress]. The error is
//   - [models.ErrBadCredentials]: which of the two is wrong, nobody is told;
//   - or else an [*ginauth.Error] for [ginauth.Abort]: 429 with Retry-After if there have been too many failures, in words that do not
//     depend on whether there is such a user, or 503 for a failure of ours.
//
// An attempt that is refused costs no password hash. Where a few of one account and network are being tested and could all turn out
// wrong, more wait for them, for five seconds at most, so that a client that sends many requests at once with the right password is not
// refused.
func (l *Logins) Authenticate(c *gin.Context, username, password string) (models.UserModel, error) {
	ctx, limits := c.Request.Context(), &l.site.limits
	if limits.InsecureUnlimited {
		return l.test(ctx, username, password)
	}
	reserved, err := l.reserve(ctx, Attempt{Account: AccountOf(username), Network: limits.network(ginauth.ClientAddress(c))})
	switch {
	case err != nil && limits.FailOpen && ctx.Err() == nil: // who has gone away is not let in uncounted
		l.site.passUncounted(ctx, err)
		return l.test(ctx, username, password)
	case err != nil:
		return nil, ginauth.Unavailable(err)
	case reserved.Verdict != Reserved:
		return nil, ginauth.Throttled().AvailableIn(reserved.Wait)
	}
	outcome := Failed // if it panics
	defer func() { l.settle(ctx, reserved, outcome) }()
	user, err := l.test(ctx, username, password)
	switch {
	case err == nil:
		outcome = Succeeded
	case !errors.Is(err, models.ErrBadCredentials):
		outcome = Untested
	}
	return user, err
}

func (l *Logins) test(ctx context.Context, username, password string) (models.UserModel, error) {
	user, err := l.users.AuthenticateUnlimited(ctx, username, password)
	if err != nil && !errors.Is(err, models.ErrBadCredentials) {
		return nil, ginauth.Unavailable(err)
	}
	return user, err
}

// reserve asks the store, and again while the attempt has to wait for others.
func (l *Logins) reserve(ctx context.Context, attempt Attempt) (Reservation, error) {
	deadline := time.Now().Add(patience)
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		attempt.Final = !time.Now().Before(deadline)
		r, err := l.ask(ctx, attempt)
		if err != nil || r.Verdict != Crowded {
			return r, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
	}
}

func (l *Logins) ask(ctx context.Context, attempt Attempt) (Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return l.site.limits.Store.Reserve(ctx, attempt, l.site.limits.Curve)
}

// settle tells the store, also when the client has gone away. If it cannot be told, the attempt will count as failed.
func (l *Logins) settle(ctx context.Context, reserved Reservation, outcome Outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := l.site.limits.Store.Settle(ctx, reserved, outcome, l.site.limits.Curve); err != nil {
		l.site.limits.Logger.LogAttrs(ctx, slog.LevelError, "the outcome of a login was not counted", slog.String("cause", err.Error()))
	}
}

// Store returns what keeps the counters, nil if there are no limits.
func (l *Logins) Store() Store { return l.site.limits.Store }

// Network returns the network that an address is counted with.
func (l *Logins) Network(address netip.Addr) netip.Prefix {
	return l.site.limits.network(address.Unmap().WithZone(""))
}

// passUncounted is for a store that fails, with FailOpen.
func (s *site) passUncounted(ctx context.Context, err error) {
	if n, due := s.alarm.ring(); due {
		s.limits.Logger.LogAttrs(ctx, slog.LevelError, "the store of failed logins failed, passwords are tested uncounted",
			slog.Int64("logins", n), slog.String("cause", err.Error()))
	}
}

// alarm is due once a second at most, and counts in between.
type alarm struct {
	last   atomic.Int64 // nanoseconds
	passed atomic.Int64
}

func (a *alarm) ring() (n int64, due bool) {
	a.passed.Add(1)
	last, now := a.last.Load(), time.Now().UnixNano()
	if now-last < int64(time.Second) || !a.last.CompareAndSwap(last, now) {
		return 0, false
	}
	return a.passed.Swap(0), true
}
