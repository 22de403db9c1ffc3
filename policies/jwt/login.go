package jwt

import "time"

// loginOf returns when the login was that a token has come of. A token that does not say so, or says that it was later than the token
// itself, counts from its own time of issue. It is zero for one that says neither, or nonsense.
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

// until returns a time, or the end of all that has come of a login if that is earlier.
func (c *Config) until(login, at time.Time) time.Time {
	if end := login.Add(c.LoginLifetime); c.LoginLifetime > 0 && end.Before(at) {
		return end
	}
	return at
}

// loginEnded reports whether nothing may be made of a token any more.
func (c *Config) loginEnded(now time.Time, t *Token) bool {
	return c.LoginLifetime > 0 && !now.Before(c.loginOf(t).Add(c.LoginLifetime))
}
