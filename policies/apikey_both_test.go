package policies_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestHasAPIKeyWithKeysOfTwoDatabases checks that a key which has authenticated
// the request does not pass for one of another database, nor for one in a
// header of its own.
func TestHasAPIKeyWithKeysOfTwoDatabases(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s, partner := newKeySite(t, db), newKeySite(t, dbtest.Open(t, dbtest.SQLite(t)))
		key := func(site *keySite, name string) string { return strings.TrimPrefix(site.keys[name], "Api-Key ") }
		ours, theirs, limited := key(s, "all"), key(partner, "django's"), key(s, "three")
		header := policies.APIKeyConfig{Header: "X-Partner-Key"}
		for path, p := range map[string]ginauth.Permission{
			"/same": policies.HasAPIKey(db.WithContext(t.Context())), "/same-header": policies.HasAPIKey(db, header),
			"/other": policies.HasAPIKey(partner.db), "/other-header": policies.HasAPIKey(partner.db, header),
		} {
			s.route(path, ginauth.AuthenticationClasses(policies.APIKey(db)), ginauth.PermissionClasses(p))
		}
		for _, row := range []struct {
			path, authorization, header string
			want                        int
		}{
			{"/same", ours, "", 200},
			{"/same", limited, "", 200},
			{"/same-header", ours, "", 200},
			{"/same-header", ours, ours, 200},
			{"/same-header", limited, limited, 200}, // held to its limits
			{"/same-header", ours, limited, 403},    // which nothing holds to them
			{"/same-header", ours, key(s, "django's"), 200},
			{"/same-header", ours, "wrong", 403},
			{"/same-header", ours, theirs, 403},
			{"/other", ours, "", 403},
			{"/other-header", ours, "", 403},
			{"/other-header", ours, ours, 403},
			{"/other-header", ours, theirs, 200},
			{"/other-header", ours, key(partner, "three"), 403},
			{"/other-header", "wrong", theirs, 401},
		} {
			r := httptest.NewRequest(http.MethodGet, row.path, nil)
			r.Header.Set("Authorization", "Api-Key "+row.authorization)
			if row.header != "" {
				r.Header.Set(header.Header, row.header)
			}
			w := httptest.NewRecorder()
			if s.Engine.ServeHTTP(w, r); w.Code != row.want {
				t.Errorf("%s, %.8s, %.8s: %d %s, want %d", row.path, row.authorization, row.header, w.Code, w.Body, row.want)
			}
		}
	})
}
