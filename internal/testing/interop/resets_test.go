package interop_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/models/resettoken"
)

// TestLinksThatResetPasswords checks that the link of either side sets a
// password on either, once, and that the user's sessions end with it.
func TestLinksThatResetPasswords(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	must(t, p.db.Use(secretKeys))
	resets, err := resettoken.Of(p.db)
	must(t, err)
	password := "alice-pw"
	for _, maker := range p.both() {
		for _, user := range p.both() {
			when := "made by " + maker.name + ", used with " + user.name
			stolen := []*client{logIn(t, p.here, "alice", password), logIn(t, p.there, "alice", password)}
			uid, token := p.makeLink(t, resets, maker, "alice")
			if p.followLink(t, resets, user, uid, token+"0", "not this one") {
				t.Errorf("%s: a forged link was taken", when)
			}
			password += "+ a few letters"
			if !p.followLink(t, resets, user, uid, token, password) {
				t.Fatalf("%s: the link was refused", when)
			}
			for i, s := range p.both() {
				stolen[i].sees(t, s, nobody, when)
				stolen[1-i].sees(t, s, nobody, when)
				if p.followLink(t, resets, s, uid, token, "nor this one") {
					t.Errorf("%s: it was used again with %s", when, s.name)
				}
				logIn(t, s, "alice", password)
			}
		}
	}
}

// makeLink returns the two parts of a link that one side makes.
func (p *pair) makeLink(t *testing.T, resets *resettoken.Generator, on side, name string) (uid, token string) {
	t.Helper()
	if on == p.there {
		link := p.django.do(t, "make_link", name).([]any)
		return link[0].(string), link[1].(string)
	}
	user := named(t, p, name)
	made, err := resets.MakeToken(t.Context(), user)
	must(t, err)
	return resets.UID(user), string(made)
}

// followLink reports whether one side sets the password.
func (p *pair) followLink(t *testing.T, resets *resettoken.Generator, on side, uid, token, password string) bool {
	t.Helper()
	if on == p.there {
		return p.django.do(t, "follow_link", uid, token, password).(bool)
	}
	_, err := resets.SetPassword(t.Context(), uid, token, password)
	if err != nil && !errors.Is(err, resettoken.ErrInvalid) {
		t.Fatal(err)
	}
	return err == nil
}
