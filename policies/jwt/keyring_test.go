package jwt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/jwt"
)

func hmacOf(key string) jwt.Key { return jwt.HS256([]byte(key)) }

const (
	oldSecret = "the secret of last year, long enough too"
	newSecret = "the secret of next year, long enough too"
)

// withKid returns the header of a token that names its key.
func withKid(id string) string { return fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"JWT"}`, id) }

// TestKeySelection is the matrix of what a token says about its key against the
// configured keys.
func TestKeySelection(t *testing.T) {
	named := func(key jwt.Key, more ...jwt.Key) jwt.Config { return jwt.Config{Key: key, VerificationKeys: more} }
	only := named(hmacOf(secret))
	rotating := named(hmacOf(newSecret).WithID("new"), hmacOf(secret).WithID("now"), hmacOf(oldSecret).WithID("old"))
	begun := named(hmacOf(newSecret).WithID("new"), hmacOf(secret))
	unnamed := named(hmacOf(newSecret), hmacOf(secret), hmacOf(oldSecret))
	mixed := named(hmacOf(secret).WithID("hs"), must(jwt.PrivateKey("RS256", rsaKey())).WithID("rs"), must(jwt.PublicKey("ES256", p256Key().Public())))
	for _, row := range []struct {
		name   string
		config jwt.Config
		key    string
		header string
		status int
	}{
		{"one key, no id in the token", only, secret, hs256, 200},
		{"one key without id ignores ids", only, secret, withKid("whatever"), 200},
		{"another key", only, newSecret, hs256, 401},
		{"another key with an id", only, newSecret, withKid("new"), 401},

		{"all named: the signing key", rotating, newSecret, withKid("new"), 200},
		{"all named: the one before", rotating, secret, withKid("now"), 200},
		{"all named: the oldest", rotating, oldSecret, withKid("old"), 200},
		{"all named: members in another order", rotating, secret, `{"typ":"JWT","kid":"now","alg":"HS256"}`, 200},
		{"all named: escaped", rotating, secret, `{"alg":"HS256","kid":"n\u006fw"}`, 200},
		{"all named: of a key, named another", rotating, secret, withKid("new"), 401},
		{"all named: of the signing key, named another", rotating, newSecret, withKid("old"), 401},
		{"all named: no id", rotating, newSecret, hs256, 401},
		{"all named: unknown id", rotating, newSecret, withKid("newer"), 401},
		{"all named: id in another case", rotating, newSecret, withKid("NEW"), 401},
		{"all named: id with a blank", rotating, newSecret, withKid("new "), 401},
		{"all named: empty id", rotating, newSecret, withKid(""), 401},
		{"all named: id no text", rotating, newSecret, `{"alg":"HS256","kid":["new"]}`, 401},
		{"all named: id null", rotating, newSecret, `{"alg":"HS256","kid":null}`, 401},
		{"all named: two ids", rotating, newSecret, `{"alg":"HS256","kid":"old","kid":"new"}`, 401},
		{"all named: path for an id", rotating, "", withKid("../../../dev/null"), 401},
		{"all named: none", rotating, newSecret, `{"alg":"none","kid":"new"}`, 401},
		{"all named: another algorithm", rotating, newSecret, `{"alg":"HS512","kid":"new"}`, 401},

		{"rotation begun: tokens of simplejwt", begun, secret, hs256, 200},
		{"rotation begun: theirs with an id of their own", begun, secret, withKid("theirs"), 200},
		{"rotation begun: new ones", begun, newSecret, withKid("new"), 200},
		{"rotation begun: new ones without id", begun, newSecret, hs256, 401},
		{"rotation begun: the old key under the new id", begun, secret, withKid("new"), 401},

		{"no ids: the signing key", unnamed, newSecret, hs256, 200},
		{"no ids: the one before", unnamed, secret, hs256, 200},
		{"no ids: the oldest", unnamed, oldSecret, withKid("x"), 200},
		{"no ids: a stranger's", unnamed, "the secret of somebody, long enough too!", hs256, 401},

		{"mixed: the HMAC key", mixed, secret, withKid("hs"), 200},
		{"mixed: the HMAC key without its id", mixed, secret, hs256, 401},
		{"mixed: HMAC under the id of RSA", mixed, secret, withKid("rs"), 401},
		{"mixed: HMAC with the public key of RSA, under its id", mixed, string(publicPEM(rsaKey())), withKid("rs"), 401},
		{"mixed: HMAC with the public key of RSA, no id", mixed, string(publicPEM(rsaKey())), hs256, 401},
		{"mixed: HMAC with the public key without id", mixed, string(publicPEM(p256Key())), hs256, 401},
		{"mixed: HMAC that says RS256", mixed, secret, `{"alg":"RS256","kid":"hs"}`, 401},
	} {
		status, body := me(believing(row.config), signedWith(row.key, row.header, claims("x:1")))
		if status != row.status || status == 401 && !strings.Contains(body, `"Token is invalid"`) {
			t.Errorf("%s: %d %s, want %d", row.name, status, body, row.status)
		}
	}
}

// TestKeyRotation walks through a rotation as docs/jwt.md describes it, with
// servers at every two adjacent steps running side by side.
func TestKeyRotation(t *testing.T) {
	db := fixture(t)
	now, next := must(jwt.PrivateKey("ES256", p256Key())).WithID("2026-11"), must(jwt.PrivateKey("EdDSA", edwardsK())).WithID("2026-12")
	step := func(key jwt.Key, more ...jwt.Key) jwt.Config {
		config := rotating()
		config.Key, config.VerificationKeys = key, more
		return config
	}
	steps := []jwt.Config{step(now), step(now, next), step(next, now), step(next)}
	good := func(by, at jwt.Config) bool {
		made := logIn(newServer(t, db, by), "/pair", "alice")
		reader := newServer(t, db, at)
		status, _ := me(reader, made.Access)
		if a := post(reader, "/refresh", "refresh", made.Refresh); a.status != status {
			t.Errorf("the refresh token %d, the access token %d", a.status, status)
		}
		return status == 200
	}
	for i := range steps {
		for j := range steps {
			by := steps[i].Key.ID()
			// The old key is removed in step 4, when its tokens have expired;
			// the new one is added in step 2, before it signs.
			want := by == "2026-11" && j < 3 || by == "2026-12" && j > 0
			if got := good(steps[i], steps[j]); got != want {
				t.Errorf("made in step %d, used in step %d: %v", i+1, j+1, got)
			}
		}
	}
}

// TestWrongKeysStopTheStart uses sets in which a key is ambiguous, and keys
// that cannot serve their purpose.
func TestWrongKeysStopTheStart(t *testing.T) {
	db := fixture(t)
	public := must(jwt.PublicKey("RS256", rsaKey().Public()))
	many := make([]jwt.Key, 16)
	for i := range many {
		many[i] = hmacOf(secret).WithID(fmt.Sprint(i))
	}
	for name, row := range map[string]struct {
		want string
		make func()
	}{
		"a key that is not one": {"one of VerificationKeys is not a key",
			func() { believing(jwt.Config{Key: public, VerificationKeys: make([]jwt.Key, 1)}) }},
		"two of one id": {"two keys have the id a", func() {
			believing(jwt.Config{Key: public.WithID("a"), VerificationKeys: []jwt.Key{hmacOf(secret).WithID("a")}})
		}},
		"four without id": {"4 keys have no id", func() {
			believing(jwt.Config{Key: public, VerificationKeys: []jwt.Key{hmacOf(secret), hmacOf(newSecret), public}})
		}},
		"too many":                {"there are 16 VerificationKeys", func() { believing(jwt.Config{Key: public, VerificationKeys: many}) }},
		"an issuer that can't":    {"NewIssuer: Config.Key is a public key", func() { jwt.NewIssuer(db, jwt.Config{Key: public}) }},
		"views that can't":        {"Mount: Config.Key is a public key", func() { newServer(t, db, jwt.Config{Key: public}) }},
		"an id of nothing":        {"WithID: the key is empty", func() { jwt.Key{}.WithID("a") }},
		"an empty id":             {"is not an id", func() { public.WithID("") }},
		"an id with a blank":      {"is not an id", func() { public.WithID("a b") }},
		"an id with a line break": {"is not an id", func() { public.WithID("a\n") }},
		"an id that is not ASCII": {"is not an id", func() { public.WithID("é") }},
		"an id of 129 bytes":      {"is not an id", func() { public.WithID(strings.Repeat("x", 129)) }},
	} {
		if message := panics.Of(row.make); !strings.HasPrefix(message, "jwt: ") || !strings.Contains(message, row.want) {
			t.Errorf("%s: %q, want %q", name, message, row.want)
		}
	}
	// These ids are unusual, but valid.
	for _, id := range []string{strings.Repeat("x", 128), `"`, `\`, "<&>", "arn:aws:kms:eu-1:1:key/a-b"} {
		config := rotating()
		config.Key = must(jwt.PrivateKey("ES256", p256Key())).WithID(id)
		h := newServer(t, db, config)
		if status, body := me(h, logIn(h, "/pair", "alice").Access); status != 200 {
			t.Errorf("%q: %d %s", id, status, body)
		}
	}
	config := rotating()
	config.Key, config.VerificationKeys = public, []jwt.Key{hmacOf(secret)}
	if message := panics.Of(func() { jwt.NewAuthenticator(db, config) }); message != "" {
		t.Errorf("an authenticator needs no private key: %s", message)
	}
}
