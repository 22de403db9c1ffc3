package handlers_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestLoginsAreThrottled checks that password guessing is limited to 20 tries a
// minute, with one name or many, with a token or without.
func TestLoginsAreThrottled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		perMinute := func(rate string) handlers.ObtainAuthTokenConfig {
			return handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.ThrottleClasses(policies.AddressRate(rate))}}
		}
		key := tokenOf(t, send(serve(t, db, io.Discard), "POST", "/token", login))
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
			h := application(db, io.Discard, row.config)
			passed := 0
			for i := range 30 {
				authorization := ""
				if i%2 == 0 {
					authorization = "Token " + key
				}
				w := send(h, "POST", "/token", fmt.Sprintf(`{"username":"user%d","password":"guess"}`, i),
					"Authorization", authorization, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
				switch w.Code {
				case 400:
					passed++
				case 429:
					if w.Header().Get("Retry-After") == "" {
						t.Errorf("%s: no Retry-After", row.name)
					}
				default:
					t.Fatalf("%s: %d %s", row.name, w.Code, w.Body)
				}
			}
			if passed != row.pass {
				t.Errorf("%s: %d of 30 passed, want %d", row.name, passed, row.pass)
			}
			if w := sendFrom(h, "198.51.100.7:1234", login); w.Code != 200 {
				t.Errorf("%s: another address is refused: %d", row.name, w.Code)
			}
		}
	})
}

func sendFrom(h *gin.Engine, remote, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = remote
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
