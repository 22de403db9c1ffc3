package jwt

import "time"

// loginOf returns the time of the login from which a token descends. A token
// that does not state it, or states one later than the token itself, counts
// from its own time of issue. The result is zero for a token that states
// neither, or nonsense.
func (c *Config) loginOf(t *Token) time.Time {
	if _, there := t.members.get(claimLogin); !there {
		return t.IssuedAt
	}
	login, ok := t.members.time(claimLogin)
	if ok && login.After(t.IssuedAt) {
		return t.IssuedAt
	}
	return login
}

// until returns a time, or the end of everything that descends from a login if
// that is earlier.
func (c *Config) until(login, at time.Time) time.Time {
	if end := login.Add(c.LoginLifetime); c.LoginLifetime > 0 && end.Before(at) {
		return end
	}
	return at
}

// loginEnded reports whether no more tokens may be made from a token.
func (c *Config) loginEnded(now time.Time, t *Token) bool {
	return c.LoginLifetime > 0 && !now.Before(c.loginOf(t).Add(c.LoginLifetime))
}

// outlived reports whether a token has ended with its login although it has not
// expired: a Django on the same database refreshes without looking at the
// login.
func (c *Config) outlived(t *Token) bool { return c.loginEnded(c.Now().Add(-c.Leeway), t) }
