package jwt

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ginauth/ginauth/internal/loginrecord"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
)

// loginTime is the time of the login from which a token descends. A token that
// does not state it counts from its own time of issue, which is later if the
// token was made by a refresh: that is good enough to limit its life, and not to
// say that a user has logged in.
type loginTime struct {
	at     time.Time
	stated bool
}

// claim returns the claim that holds the time.
func (l loginTime) claim() member {
	if l.stated {
		return date(claimLogin, l.at)
	}
	return date(claimSince, l.at)
}

// loginOf returns the login from which a token descends. A token that does not
// state it, or states one later than the token itself, counts from its own time
// of issue. The time is zero for a token that states neither, or nonsense.
func (c *Config) loginOf(t *Token) loginTime {
	if _, there := t.members.get(claimLogin); there {
		at, ok := t.members.time(claimLogin)
		if ok && at.After(t.IssuedAt) {
			return loginTime{at: t.IssuedAt}
		}
		return loginTime{at, true}
	}
	if _, there := t.members.get(claimSince); there {
		if at, ok := t.members.time(claimSince); !ok || at.Before(t.IssuedAt) {
			return loginTime{at: at}
		}
	}
	return loginTime{at: t.IssuedAt}
}

// until returns a time, or the end of everything that descends from a login if
// that is earlier.
func (c *Config) until(l loginTime, at time.Time) time.Time {
	if end := l.at.Add(c.LoginLifetime); c.LoginLifetime > 0 && end.Before(at) {
		return end
	}
	return at
}

// loginEnded reports whether no more tokens may be made from a token.
func (c *Config) loginEnded(now time.Time, t *Token) bool {
	return c.LoginLifetime > 0 && !now.Before(c.loginOf(t).at.Add(c.LoginLifetime))
}

// outlived reports whether a token has ended with its login although it has not
// expired: a Django on the same database refreshes without looking at the
// login.
func (c *Config) outlived(t *Token) bool { return c.loginEnded(c.Now().Add(-c.Leeway), t) }

// loginClaims returns the claims that record a login, except for the one that
// LoginLifetime writes. Refreshed tokens inherit them, as simplejwt copies
// claims.
func (c *Config) loginClaims(now time.Time, factors []login.Factor) (list members) {
	if !c.RecordLogin && !loginrecord.BeyondPassword(factors) {
		return nil
	}
	if c.LoginLifetime == 0 {
		list = append(list, date(claimLogin, now))
	}
	if methods := loginrecord.Methods(factors); methods != nil {
		all, _ := json.Marshal(methods) // strings always have a JSON form
		list = append(list, member{[]byte(claimMethods), all})
	}
	return list
}

var (
	_ policies.LoginRecord   = (*Token)(nil)
	_ loginrecord.Unrecorder = (*Authenticator)(nil)
)

// LoggedInAt implements [policies.LoginRecord] with the claim auth_time. A time
// that is no number, or is later than the token, counts as absent.
func (t *Token) LoggedInAt(context.Context) (time.Time, error) {
	at, ok := t.members.time(claimLogin)
	if !ok || !t.IssuedAt.IsZero() && at.After(t.IssuedAt) {
		return time.Time{}, nil
	}
	return at, nil
}

// LoginMethods implements [policies.LoginRecord] with the claim amr. A value
// that is no list of strings counts as absent.
func (t *Token) LoginMethods(context.Context) ([]string, error) {
	value, _ := t.members.get(claimMethods)
	if len(value) == 0 || value[0] != '[' {
		return nil, nil
	}
	methods, _ := textsOf(value)
	return methods, nil
}

// NeverRecordsTime returns why no token that this program makes satisfies
// [policies.RecentLogin], or "". A key that only verifies is for tokens of
// another program.
func (a *Authenticator) NeverRecordsTime() string {
	if a.config.RecordLogin || a.config.LoginLifetime > 0 || !a.config.Key.Signs() {
		return ""
	}
	return "has tokens without auth_time: set RecordLogin in jwt.Config, also where tokens are issued"
}

// NeverRecordsMethod returns "": a login with more than the password writes its
// methods in every configuration.
func (a *Authenticator) NeverRecordsMethod(string) string { return "" }
