package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/refreshtoken"
)

const blacklisted = `401 {"detail":"Token is blacklisted","code":"token_not_valid"}`

// post posts one field to an endpoint and returns the answer on one line.
func post(t *testing.T, on side, path, field, value string) string {
	t.Helper()
	a := newClient().send(t, on, "POST", path, map[string]string{field: value})
	return fmt.Sprint(a.Status, " ", a.Raw)
}

// obtain posts fields and returns those of the answer.
func obtain(t *testing.T, on side, path string, fields map[string]string) map[string]string {
	t.Helper()
	a := newClient().send(t, on, "POST", path, fields)
	var tokens map[string]string
	if err := json.Unmarshal([]byte(a.Raw), &tokens); err != nil || a.Status != 200 {
		t.Fatalf("%s on %s: %d %s", path, on.name, a.Status, a.Raw)
	}
	return tokens
}

var bob = map[string]string{"username": "bob", "password": "bob-pw"}

// answer fails the test unless both sides give this answer.
func (p *pair) answer(t *testing.T, when, path, field, value, want string) {
	t.Helper()
	for _, s := range p.both() {
		if got := post(t, s, path, field, value); got != want {
			t.Errorf("%s, %s on %s: %s, want %s", when, path, s.name, got, want)
		}
	}
}

// TestJSONWebTokens checks that each side accepts and verifies the other's
// tokens. A refresh token is rotated once, whichever side made it and whichever
// is asked first. Once it is used, or blacklisted on either side, it is invalid
// on both.
func TestJSONWebTokens(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, maker := range p.both() {
		for _, other := range p.both() {
			when := "made on " + maker.name + ", used up on " + other.name
			first := obtain(t, maker, "/jwt/pair", bob)
			p.accepts(t, when, first)
			second := obtain(t, other, "/jwt/refresh", map[string]string{"refresh": first["refresh"]})
			p.accepts(t, when+", rotated", second)
			p.refuse(t, when+", rotated", "refresh", first["refresh"])
			if got := post(t, other, "/jwt/blacklist", "refresh", second["refresh"]); got != "200 {}" {
				t.Errorf("%s: blacklist: %s", when, got)
			}
			p.refuse(t, when+", blacklisted", "refresh", second["refresh"])
		}
	}
}

// accepts checks that an access token names the user, that a refresh token does
// not, and that both can be verified. A changed token is refused alike.
func (p *pair) accepts(t *testing.T, when string, tokens map[string]string) {
	t.Helper()
	for _, s := range p.both() {
		if got := who(t, s, "/m/jwt/auth", "Authorization: Bearer "+tokens["access"]); got != "bob" {
			t.Errorf("%s, access token on %s: %s", when, s.name, got)
		}
		if got := who(t, s, "/m/jwt/auth", "Authorization: Bearer "+tokens["refresh"]); !strings.HasPrefix(got, "Unauthorized") {
			t.Errorf("%s, refresh token on %s: %s", when, s.name, got)
		}
		forged := strings.Replace(tokens["access"], ".", ".e30", 1)
		if got := who(t, s, "/m/jwt/auth", "Authorization: Bearer "+forged); !strings.HasPrefix(got, "Unauthorized") {
			t.Errorf("%s, forged token on %s: %s", when, s.name, got)
		}
	}
	p.answer(t, when, "/jwt/verify", "token", tokens["access"], "200 {}")
	p.answer(t, when, "/jwt/verify", "token", tokens["refresh"], "200 {}")
}

// refuse checks that a revoked token is refused on both sides, wherever it is
// presented.
func (p *pair) refuse(t *testing.T, when, field, token string) {
	t.Helper()
	renew := map[string]string{"refresh": "/jwt/refresh", "token": "/jwt/sliding/refresh"}[field]
	p.answer(t, when, renew, field, token, blacklisted)
	if field == "refresh" {
		p.answer(t, when, "/jwt/blacklist", field, token, blacklisted)
	}
	p.answer(t, when, "/jwt/verify", "token", token, `400 {"non_field_errors":["Token is blacklisted"]}`)
}

// TestSlidingTokens checks the same for tokens that are renewed under one id.
func TestSlidingTokens(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, maker := range p.both() {
		for _, other := range p.both() {
			when := "made on " + maker.name + ", renewed and revoked on " + other.name
			first := obtain(t, maker, "/jwt/sliding", bob)["token"]
			second := obtain(t, other, "/jwt/sliding/refresh", map[string]string{"token": first})["token"]
			if id(t, first) != id(t, second) {
				t.Errorf("%s: another id", when)
			}
			for _, token := range []string{first, second} {
				p.answer(t, when, "/jwt/verify", "token", token, "200 {}")
				for _, s := range p.both() { // access tokens only, as both are configured
					if got := who(t, s, "/m/jwt/auth", "Authorization: Bearer "+token); !strings.HasPrefix(got, "Unauthorized") {
						t.Errorf("%s, %s: %s", when, s.name, got)
					}
				}
			}
			p.revokeSliding(t, other, second)
			p.refuse(t, when, "token", first)
			p.refuse(t, when, "token", second)
		}
	}
}

func (p *pair) revokeSliding(t *testing.T, on side, token string) {
	t.Helper()
	if on == p.there {
		p.django.do(t, "revoke_sliding", token)
		return
	}
	list, err := refreshtoken.Of(p.db)
	must(t, err)
	out, err := list.End(t.Context(), refreshtoken.Token{ID: id(t, token), ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
	if err != nil || out.Result != refreshtoken.Rotated {
		t.Errorf("%+v, %v", out, err)
	}
}

// id returns the claim jti.
func id(t *testing.T, token string) string {
	t.Helper()
	var claims struct{ JTI string }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(t, err)
	must(t, json.Unmarshal(text, &claims))
	return claims.JTI
}
