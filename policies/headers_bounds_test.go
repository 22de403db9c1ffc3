package policies_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/hostilebody"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// TestHostileHeaders checks that a header of a megabyte, the most that net/http
// reads, costs an authenticator no more than a multiple of 64 KiB.
func TestHostileHeaders(t *testing.T) {
	const length, most = 1 << 20, 512 << 10
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := errors.Join(db.Use(models.SecretKeys{models.Secret(strings.Repeat("k", 50))}),
		db.Use(logins.Limits{InsecureUnlimited: true})); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, db)
	for name, class := range map[string]ginauth.Authenticator{
		"token": policies.Token(db), "access": policies.AccessToken(db), "basic": policies.Basic(db), "session": policies.Session(db),
	} {
		s.route("/bounds/"+name, ginauth.AuthenticationClasses(class))
		for _, row := range []struct{ header, value string }{
			{"Authorization", "Token " + strings.Repeat("a", length)},
			{"Authorization", "Bearer " + strings.Repeat("a", length)},
			{"Authorization", "Bearer gat1_" + strings.Repeat("a", length)},
			{"Authorization", "Basic " + strings.Repeat("a", length)},
			{"Authorization", "Basic " + strings.Repeat("Ojo6", length/4)},
			{"Authorization", "Basic " + strings.Repeat("/", length)},
			{"Authorization", "Basic" + strings.Repeat(" a", length/2)},
			{"Authorization", strings.Repeat(" ", length)},
			{"Cookie", "sessionid=" + strings.Repeat("a", length)},
			{"Cookie", strings.Repeat("sessionid=a;", length/12)},
			{"Cookie", strings.Repeat(";", length)},
			{"Cookie", `sessionid="` + strings.Repeat(`"`, length) + `"`},
		} {
			took := hostilebody.Allocated(func() {
				r := httptest.NewRequest(http.MethodGet, "/bounds/"+name, nil)
				r.Header.Set(row.header, row.value)
				w := httptest.NewRecorder()
				if s.Engine.ServeHTTP(w, r); w.Code != 401 && w.Code != 403 {
					t.Errorf("%s, %.30s: %d", name, row.value, w.Code)
				}
			})
			if took > most {
				t.Errorf("%s, %.30s: %d bytes allocated", name, row.value, took)
			}
		}
	}
}
