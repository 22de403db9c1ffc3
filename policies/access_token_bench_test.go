//go:build !race

package policies_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/policies"
)

// BenchmarkAccessToken compares the authenticator with that of DRF's tokens,
// each with its query.
func BenchmarkAccessToken(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
		s := newTokenSite(b, db)
		for _, row := range []struct {
			name, authorization string
			class               ginauth.Authenticator
		}{
			{"Token", "Token " + s.keys["alice"], policies.Token(db)},
			{"AccessToken", "Bearer " + s.secrets["all"], policies.AccessToken(db)},
			{"of-a-service", "Bearer " + s.secrets["service"], policies.AccessToken(db)},
			{"malformed", "Bearer " + tampered(s.secrets["all"]), policies.AccessToken(db)},
		} {
			b.Run(row.name, func(b *testing.B) {
				c := contextWith(row.authorization)
				b.ReportAllocs()
				for b.Loop() {
					_, _ = row.class.Authenticate(c)
				}
			})
		}
	})
}

func contextWith(authorization string) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	c.Request.Header.Set("Authorization", authorization)
	return c
}

func allocations(class ginauth.Authenticator, authorization string) float64 {
	c := contextWith(authorization)
	return testing.AllocsPerRun(50, func() { _, _ = class.Authenticate(c) })
}

// TestAllocationsOfLookUps holds each look-up to a number of allocations, with
// those of database/sql and the driver: 54 on PostgreSQL for the row of DRF's
// token. Four of them are for pools that a garbage collection has emptied. A
// malformed token costs next to nothing.
func TestAllocationsOfLookUps(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		access := policies.AccessToken(db)
		for _, row := range []struct {
			name, authorization string
			class               ginauth.Authenticator
			sqlite, postgres    float64
		}{
			{"DRF's token", "Token " + s.keys["alice"], policies.Token(db), 95, 78},
			{"an access token", "Bearer " + s.secrets["all"], access, 141, 120},
			{"that of a service", "Bearer " + s.secrets["service"], access, 141, 125},
			{"a wrong checksum", "Bearer " + tampered(s.secrets["all"]), access, 3, 3},
		} {
			most := row.postgres
			if db.Name() == "sqlite" {
				most = row.sqlite
			}
			if n := allocations(row.class, row.authorization); n > most {
				t.Errorf("%s: %v allocations, want at most %v", row.name, n, most)
			}
		}
	})
}

// TestAllocationsOfAnOAuth2Token does the same for a token of
// django-oauth-toolkit, with and without a user.
func TestAllocationsOfAnOAuth2Token(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newOAuth2Site(t, db, oauthtest.V4)
	class := policies.OAuth2Token(db)
	drf := allocations(policies.Token(db), "Token "+s.keys["alice"])
	for token, most := range map[string]float64{"good": drf + 45, "client": drf + 25, "expired": drf + 45, "b\x00d": 4} {
		if n := allocations(class, "Bearer "+token); n > most {
			t.Errorf("%s: %.0f allocations, DRF's token %.0f", token, n, drf)
		}
	}
}
