package interop_test

import (
	"strings"
	"testing"
	"time"

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
