package handlers_test

import (
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
)

// TestLoginsAreThrottled checks that password guessing is limited to 20 tries a
// minute, with one name or many, with a token or without.
func TestLoginsAreThrottled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		perMinute := func(rate string) handlers.ObtainAuthTokenConfig {
			return handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.ThrottleClasses(policies.AddressRate(rate))}}
		}
		key := serve(t, db).Do("POST", "/token", sitetest.Anonymous, aliceLogin).Text(t, "token")
		for _, row := range []struct {
			name   string
			config handlers.ObtainAuthTokenConfig
			pass   int // of 30
		}{
			{"default", handlers.ObtainAuthTokenConfig{}, 20},
			{"rules without throttles", handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoAuthentication()}}, 20},
			{"its own", perMinute("3/min"), 3},
			{"none", unthrottled, 30},
		} {
			h := application(t, db, row.config)
			passed := 0
			for i := range 30 {
				as := sitetest.Anonymous
				if i%2 == 0 {
					as = sitetest.Token(key)
				}
				as = as.With(fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i))
				w := h.Do("POST", "/token", as, fmt.Sprintf(`{"username":"user%d","password":"guess"}`, i))
				switch w.Code {
				case 400:
					passed++
				case 429:
					if w.Header().Get("Retry-After") == "" {
						t.Errorf("%s: no Retry-After", row.name)
					}
				default:
					t.Fatalf("%s: %s", row.name, w)
				}
			}
			if passed != row.pass {
				t.Errorf("%s: %d of 30 passed, want %d", row.name, passed, row.pass)
			}
			r := sitetest.Request("POST", "/token", sitetest.Anonymous, aliceLogin)
			r.RemoteAddr = "198.51.100.7:1234"
			if w := sitetest.Exchange(h, r); w.Code != 200 {
				t.Errorf("%s: another address is refused: %s", row.name, w)
			}
		}
	})
}
