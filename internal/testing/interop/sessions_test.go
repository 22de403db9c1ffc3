package interop_test

import (
	"maps"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// nobody is the answer to a request whose session is not a credential.
const nobody = "Forbidden Authentication credentials were not provided."

// secretKeys holds the keys of both servers.
var secretKeys = models.SecretKeys{"oracle-fixed-django-secret-key-0123456789abcdef"}

// logIn returns a client that has logged in on one side.
func logIn(t *testing.T, on side, name, password string) *client {
	t.Helper()
	c := newClient()
	a := c.send(t, on, "POST", "/session/login", map[string]string{"username": name, "password": password})
	if got := a.who(); got != name || c.cookies["sessionid"] == "" || c.cookies["csrftoken"] == "" {
		t.Fatalf("login on %s: %s, cookies %v", on.name, got, c.cookies)
	}
	return c
}

// withKey returns a client whose session has that key, with the same CSRF
// cookie.
func (c *client) withKey(key string) *client {
	other := &client{maps.Clone(c.cookies)}
	other.cookies["sessionid"] = key
	return other
}

// sees fails the test if a side takes the client for any other user.
func (c *client) sees(t *testing.T, on side, want, when string) {
	t.Helper()
	// The request is made by a copy, so that a cookie that one side deletes is
	// shown to the other nevertheless.
	if got := c.withKey(c.cookies["sessionid"]).send(t, on, "GET", "/m/session/auth", nil).who(); got != want {
		t.Errorf("%s, %s: %s, want %s", when, on.name, got, want)
	}
}

// TestSessions checks that the cookie of a login on one side is valid on both
// until a logout on either. It is valid for unsafe requests too, if they have a
// CSRF token of either side.
func TestSessions(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, from := range p.both() {
		for _, ender := range p.both() {
			c := logIn(t, from, "alice", "alice-pw")
			for _, s := range p.both() {
				c.sees(t, s, "alice", "logged in on "+from.name)
				c.checksCSRF(t, p, s)
			}
			former := c.withKey(c.cookies["sessionid"])
			if a := c.send(t, ender, "POST", "/session/logout", nil); a.Status != 200 || c.cookies["sessionid"] != "" {
				t.Errorf("logout on %s: %d %s, %v", ender.name, a.Status, a.Raw, c.cookies)
			}
			for _, s := range p.both() {
				former.sees(t, s, nobody, "logged in on "+from.name+", logged out on "+ender.name)
			}
		}
	}
}

// checksCSRF checks that an unsafe request needs a token of the client's
// secret, in whatever format either side has given it out.
func (c *client) checksCSRF(t *testing.T, p *pair, on side) {
	t.Helper()
	missing, wrong := "CSRF token missing or incorrect.", "CSRF token missing or incorrect."
	if djangotest.Since(t, djangotest.ReleasesOf(t).Django, "4.0") {
		missing, wrong = "CSRF token missing.", "CSRF token from the 'X-Csrftoken' HTTP header incorrect."
	}
	unsafe := func(want string, headers ...string) {
		t.Helper()
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			if got := c.send(t, on, method, "/m/session/auth", nil, headers...).who(); got != want {
				t.Errorf("%s on %s, %v: %s, want %s", method, on.name, headers, got, want)
			}
		}
	}
	unsafe("Forbidden CSRF Failed: " + missing)
	unsafe("Forbidden CSRF Failed: "+wrong, "X-CSRFToken: "+newClient().csrfToken(t, on))
	unsafe("alice", "X-CSRFToken: "+c.cookies["csrftoken"])
	for _, page := range p.both() {
		unsafe("alice", "X-CSRFToken: "+c.csrfToken(t, page))
	}
}

// csrfToken returns the token of a page.
func (c *client) csrfToken(t *testing.T, on side) string {
	t.Helper()
	token, _ := c.send(t, on, "GET", "/session/csrf", nil).Body["csrftoken"].(string)
	return token
}

// TestPasswordChangesEndSessions checks that they end the user's sessions on
// both sides, except the one in which the password was changed.
func TestPasswordChangesEndSessions(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	must(t, p.db.Use(secretKeys))
	password := "alice-pw"
	for _, from := range p.both() {
		for _, changer := range p.both() {
			when := "logged in on " + from.name + ", changed on " + changer.name
			own := logIn(t, from, "alice", password)
			others := []*client{logIn(t, from, "alice", password), logIn(t, from, "alice", password)}
			password += "+"
			fresh := own.withKey(p.changePassword(t, changer, own.cookies["sessionid"], password))
			for i, s := range p.both() { // each side first meets a session that the other has not deleted
				fresh.sees(t, s, "alice", when+", its own session")
				own.sees(t, s, nobody, when+", its former key")
				others[i].sees(t, s, nobody, when+", another session")
			}
			for i, s := range p.both() {
				others[1-i].sees(t, s, nobody, when+", another session")
			}
		}
	}
	other := logIn(t, p.here, "bob", "bob-pw")
	p.django.do(t, "set_password", "alice", "changed")
	other.sees(t, p.here, "bob", "after a change of somebody else's")
}

// changePassword changes the password of a session's user on one side, and
// returns the key under which the session continues.
func (p *pair) changePassword(t *testing.T, on side, key, password string) string {
	t.Helper()
	if on == p.there {
		return p.django.do(t, "change_password", key, password).(string)
	}
	sessions, err := session.Of(p.db, session.Config{})
	must(t, err)
	session, err := sessions.Find(t.Context(), key)
	must(t, err)
	user, err := sessions.User(t.Context(), session)
	must(t, err)
	must(t, users(t, p).SetPassword(t.Context(), user, password))
	fresh, err := sessions.UpdateAuthHash(t.Context(), session, user)
	must(t, err)
	return string(fresh.Key)
}
