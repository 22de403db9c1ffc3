//go:build !race

package policies_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
)

// evaluations returns questions that need no query, or no further one.
func evaluations(tb testing.TB) map[string]func() bool {
	tb.Helper()
	db := dbtest.Open(tb, dbtest.SQLite(tb))
	dbtest.Fixture(tb, db)
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodPost, "/", nil)
	user := loadUser(tb, db, "direct")
	id := &ginauth.Identity{User: user}
	note := &core{ID: 1, OwnerID: user.ID}
	request := func(p ginauth.Permission) func() bool {
		return func() bool {
			refusing, err := ginauth.Question{Context: c, Identity: id}.Ask(p)
			return refusing == nil && err == nil
		}
	}
	object := func(p ginauth.Permission) func() bool {
		return func() bool {
			refusing, err := ginauth.Question{Context: c, Identity: id, Object: note}.Ask(p)
			return refusing == nil && err == nil
		}
	}
	owner := policies.IsOwner("owner_id")
	return map[string]func() bool{
		"AllowAny":         request(policies.AllowAny),
		"IsAuthenticated":  request(policies.IsAuthenticated),
		"Not(IsAdminUser)": request(policies.Not(policies.IsAdminUser)),
		"All(Any, Not)": request(policies.All(policies.Any(policies.ReadOnly, policies.IsAuthenticated),
			policies.Not(policies.IsAdminUser))),
		"HasPerm":                request(policies.HasPerm("core.add_note", "core.view_note")),
		"ModelPermissions":       request(policies.ModelPermissions[core](db)),
		"IsOwner":                object(owner),
		"Any(IsAdmin, IsOwner)":  object(policies.Any(policies.IsAdminUser, owner)),
		"All(Perms, Not(Staff))": object(policies.All(policies.ModelPermissions[core](db), policies.Not(policies.IsAdminUser), owner)),
	}
}

func loadUser(tb testing.TB, db *gorm.DB, name string) *models.User {
	tb.Helper()
	var user models.User
	if err := db.Where("username = ?", name).Take(&user).Error; err != nil {
		tb.Fatal(err)
	}
	return &user
}

// TestPermissionsAllocateNothing checks questions that need no query.
func TestPermissionsAllocateNothing(t *testing.T) {
	for name, ask := range evaluations(t) {
		if !ask() { // and the user's permissions are read
			t.Errorf("%s refuses", name)
		}
		if n := testing.AllocsPerRun(100, func() { ask() }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestWhatClassesStateAllocatesNothing checks the classes that state functions,
// since compositions ask for the scopes of their parts on requests.
func TestWhatClassesStateAllocatesNothing(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, p := range []ginauth.Permission{
		policies.AllowAny, policies.ReadOnly, policies.IsAuthenticated, policies.IsAuthenticatedOrReadOnly,
		policies.IsOwner("owner_id"), policies.HasAPIKey(db), policies.HasFactor(login.MethodOTP),
		policies.RecentLogin(time.Minute), policies.ModelPermissions[core](db), policies.ObjectPermissions[core](db),
	} {
		if n := testing.AllocsPerRun(100, func() { ginauth.TokenScopesOf(p) }); n > 0 {
			t.Errorf("%s: %v allocations", ginauth.Name(p), n)
		}
	}
}

func BenchmarkPermissions(b *testing.B) {
	for name, ask := range evaluations(b) {
		b.Run(name, func(b *testing.B) {
			ask()
			b.ReportAllocs()
			for b.Loop() {
				ask()
			}
		})
	}
}
