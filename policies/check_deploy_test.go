package policies_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/rates"
)

// TestCheckDeployOfClasses checks what is found, by its word.
func TestCheckDeployOfClasses(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.SecretKeys{"a key of more than 16 bytes"}); err != nil {
		t.Fatal(err)
	}
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}
	remote := func(config policies.RemoteUserConfig) any {
		config.Header = "X-Remote-User"
		return policies.RemoteUser(db, config)
	}
	for _, c := range []struct {
		name, want string
		class      any
	}{
		{"a session", "", policies.Session(db)},
		{"cookies over HTTP", "insecure-cookie", policies.Session(db, policies.SessionConfig{InsecureCookie: true})},
		{"without CSRF", "without-csrf", policies.Session(db).InsecureWithoutCSRF()},
		{"both", "insecure-cookie without-csrf", policies.Session(db, policies.SessionConfig{InsecureCookie: true}).InsecureWithoutCSRF()},
		{"every method", "", policies.Session(db).EveryMethod()},
		{"one proxy", "", remote(policies.RemoteUserConfig{Peers: proxy})},
		{"every peer", "every-peer", remote(policies.RemoteUserConfig{InsecureEveryPeer: true})},
		{"users with passwords", "password-users", remote(policies.RemoteUserConfig{Peers: proxy, CreateUnknownUser: true, InsecureTakePasswordUsers: true})},
		{"a rate in memory", "memory-store", policies.UserRate("5/min")},
		{"scopes in memory", "memory-store", policies.ScopedRate(map[string]string{"upload": "5/min"})},
		{"any X-Forwarded-For", "forwarded-for memory-store", policies.UserRate("5/min", policies.RateConfig{Address: drf.InsecureForwardedFor})},
		{"any of them, elsewhere", "forwarded-for", policies.UserRate("5/min", policies.RateConfig{Address: drf.InsecureForwardedFor, Store: elsewhere{}})},
		{"one proxy in front", "", policies.UserRate("5/min", policies.RateConfig{Address: drf.NumProxies(1), Store: elsewhere{}})},
		{"a rate elsewhere", "", policies.UserRate("5/min", policies.RateConfig{Store: elsewhere{}})},
	} {
		var words []string
		if err := c.class.(ginauth.DeployChecker).CheckDeploy(t.Context()); err != nil {
			for line := range strings.Lines(err.Error()) {
				word, mend, found := strings.Cut(line, ": ")
				if !found || len(mend) < 20 {
					t.Errorf("%s: no mend in %q", c.name, line)
				}
				words = append(words, word)
			}
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// elsewhere is a store that other processes share.
type elsewhere struct{ rates.Store }
