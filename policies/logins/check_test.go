package logins_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// TestCheckFindsLoginsByAnAddressThatIsForged checks that Basic is found
// without any throttle.
func TestCheckFindsLoginsByAnAddressThatIsForged(t *testing.T) {
	for _, unlimited := range []bool{false, true} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if unlimited {
			prepare(t, db, logins.Limits{InsecureUnlimited: true})
		} else {
			prepare(t, db, logins.Limits{})
		}
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Basic(db)))
		engine.GET("/", func(*gin.Context) {})
		findings := auth.Check()
		if found := len(findings) == 1 && strings.Contains(findings[0].Message, "Basic counts by address"); found == unlimited {
			t.Errorf("unlimited %v: %v", unlimited, findings)
		}
		_ = engine.SetTrustedProxies(nil)
		if findings := auth.Check(); len(findings) != 0 {
			t.Errorf("no proxies: %v", findings)
		}
	}
}
