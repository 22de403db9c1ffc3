package jwt_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestAfterALogout checks that a token that was revoked makes no other,
// however the issuer rotates.
func TestAfterALogout(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jwt.Config){
		"no rotation":                 reusable,
		"rotation of reusable tokens": func(c *jwt.Config) { withoutGrace(c); c.BlacklistAfterRotation = false },
		"rotation":                    withoutGrace,
		"rotation with families":      func(*jwt.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				s := newStage(t, migrated(t, db), change)
				token := logIn(s, "/pair", "alice").Refresh
				if a := post(s, "/blacklist", "refresh", token); a.status != 200 {
					t.Fatalf("logout: %d %s", a.status, a.body)
				}
				s.refused("afterwards", token, blacklisted)
				if a := post(s, "/blacklist", "refresh", token); a.status != 401 || a.body != blacklisted {
					t.Errorf("another logout: %d %s", a.status, a.body)
				}
			})
		})
	}
}
