package oidc_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/oidc"
)

// TestTheIssuersRecordOfTheLogin checks that the claims auth_time and amr of the
// issuer count.
func TestTheIssuersRecordOfTheLogin(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	config.Now = time.Now
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(oidc.NewStatelessAuthenticator(config)))
	for path, p := range map[string]ginauth.Permission{"/recent": policies.RecentLogin(time.Minute), "/otp": policies.HasFactor("otp")} {
		auth.With(engine, ginauth.PermissionClasses(p)).GET(path, func(c *gin.Context) { c.Status(http.StatusOK) })
	}
	now := time.Now().Unix()
	for _, row := range []struct {
		name        string
		claims      map[string]any
		recent, otp int
	}{
		{"none", nil, 403, 403},
		{"auth_time", map[string]any{"auth_time": now - 5}, 200, 403},
		{"an old auth_time", map[string]any{"auth_time": now - 65}, 403, 403},
		{"text", map[string]any{"auth_time": "now", "amr": "otp"}, 403, 403},
		{"amr", map[string]any{"amr": []string{"pwd", "otp", "mfa"}}, 403, 200},
		{"another amr", map[string]any{"amr": []string{"pwd", "mfa"}}, 403, 403},
		{"acr", map[string]any{"acr": "otp"}, 403, 403},
	} {
		claims := map[string]any{"iat": now, "exp": now + 60}
		for name, value := range row.claims {
			claims[name] = value
		}
		token := i.good(claims)
		if recent, otp := get(engine, "/recent", token).Code, get(engine, "/otp", token).Code; recent != row.recent || otp != row.otp {
			t.Errorf("%s: %d %d, want %d %d", row.name, recent, otp, row.recent, row.otp)
		}
	}
}
