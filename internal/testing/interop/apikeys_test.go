package interop_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models/apikey"
)

// TestAPIKeys checks that a key made on either side is accepted by both, until
// it expires or is revoked on either.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, maker := range p.both() {
		for _, revoker := range p.both() {
			key := p.createAPIKey(t, maker, nil)
			accepted := func(key, want string) {
				t.Helper()
				// The first use here replaces a slow hash; Django must believe
				// the new one too.
				for _, s := range append(p.both(), p.both()...) {
					if got := who(t, s, "/m/none/apikey", "Authorization: Api-Key "+key); got != want {
						t.Errorf("made by %s, to be revoked by %s, shown to %s: %s, want %s", maker.name, revoker.name, s.name, got, want)
					}
				}
			}
			const denied = "Forbidden You do not have permission to perform this action."
			accepted(key, "OK")
			accepted(key+"x", denied)
			p.revokeAPIKey(t, revoker, key)
			accepted(key, denied)
			past := time.Now().Add(-time.Minute)
			accepted(p.createAPIKey(t, maker, &past), denied)
		}
	}
}

// TestHashesOfAPIKeys checks which hash each use of a key leaves, on either side
// first, and that both sides read it. ginauth replaces slow hashes. Version 3 of
// the package replaces whatever is not its own, version 2 nothing.
func TestHashesOfAPIKeys(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	replaces := map[side]map[string]string{p.here: {"slow": "fast"}, p.there: {}}
	djangos := "slow"
	if djangotest.Since(t, djangotest.ReleasesOf(t).APIKey, "3.0") {
		replaces[p.there] = map[string]string{"slow": "sha512", "fast": "sha512"}
		djangos = "sha512"
	}
	for _, made := range []struct {
		name, hash string
		create     func() string
	}{
		{"on ginauth", "fast", func() string { return p.createAPIKey(t, p.here, nil) }},
		{"on Django", djangos, func() string { return p.createAPIKey(t, p.there, nil) }},
		{"by version 2", "slow", func() string { return p.django.do(t, "create_slow_api_key", "a program").(string) }},
	} {
		for _, order := range [][]side{{p.here, p.here, p.there, p.here, p.there}, {p.there, p.there, p.here, p.there, p.here}} {
			key, hash, when := made.create(), made.hash, "made "+made.name
			if got := p.hashOf(t, key); got != hash {
				t.Errorf("%s: %s, want %s", when, got, hash)
			}
			for _, on := range order {
				when += ", used on " + on.name
				if got := who(t, on, "/m/none/apikey", "Authorization: Api-Key "+key); got != "OK" {
					t.Errorf("%s: %s", when, got)
				}
				hash = cmp.Or(replaces[on][hash], hash)
				if got := p.hashOf(t, key); got != hash {
					t.Errorf("%s: %s, want %s", when, got, hash)
				}
			}
		}
	}
}

// hashOf returns the kind of a key's hash.
func (p *pair) hashOf(t *testing.T, key string) string {
	t.Helper()
	prefix, _, _ := strings.Cut(key, ".")
	var hash string
	must(t, p.db.Raw("SELECT hashed_key FROM rest_framework_api_key_apikey WHERE prefix = ?", prefix).Scan(&hash).Error)
	switch {
	case strings.HasPrefix(hash, "pbkdf2_sha256$1$"):
		return "fast"
	case strings.HasPrefix(hash, "pbkdf2_sha256$"):
		return "slow"
	case strings.HasPrefix(hash, "sha512$$"):
		return "sha512"
	}
	t.Fatalf("the hash %s", hash)
	return ""
}

func (p *pair) createAPIKey(t *testing.T, on side, expires *time.Time) string {
	t.Helper()
	if on == p.there {
		return p.django.do(t, "create_api_key", "a program", expires).(string)
	}
	key, err := apikey.Create(t.Context(), p.db, &apikey.Key{Name: "a program", ExpiryDate: expires})
	must(t, err)
	return string(key)
}

func (p *pair) revokeAPIKey(t *testing.T, on side, key string) {
	t.Helper()
	prefix, _, _ := strings.Cut(key, ".")
	if on == p.there {
		p.django.do(t, "revoke_api_key", prefix)
		return
	}
	keys, err := apikey.Of(p.db)
	must(t, err)
	must(t, keys.Revoke(t.Context(), prefix))
}
