//go:build !race

package authcache_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/authcache"
)

// whole takes the whole header for a credential of a user.
type whole struct{ id *ginauth.Identity }

func (w whole) Authenticate(*gin.Context) (*ginauth.Identity, error) { return w.id, nil }
func (whole) Expiry(*ginauth.Identity) time.Time                     { return time.Time{} }
func (whole) AnnouncedAs(*ginauth.Identity) []string                 { return nil }
func (whole) Credential(c *gin.Context) (string, bool) {
	return c.GetHeader("Authorization"), true
}

type account struct{ name string }

func (*account) Authenticated() bool { return true }

// plain is a user that is no pointer.
type plain struct{}

func (plain) Authenticated() bool { return true }

// TestAllocations holds an answer from the cache to one allocation, whatever
// the length of the credential: the identity with its user.
func TestAllocations(t *testing.T) {
	for _, row := range []struct {
		name   string
		length int
		user   ginauth.User
	}{
		{"a token", 40, &account{"alice"}},
		{"a JSON web token", 700, &account{"alice"}},
		{"a user that is no pointer", 40, plain{}},
		{"a nil pointer", 40, (*account)(nil)},
		{"no user", 40, nil},
	} {
		class := authcache.New(whole{&ginauth.Identity{User: row.user}}, authcache.Config{MaxStaleness: time.Hour})
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		c.Request.Header.Set("Authorization", strings.Repeat("x", row.length))
		if got := testing.AllocsPerRun(100, func() {
			if id, err := class.Authenticate(c); err != nil || id == nil {
				t.Fatal(id, err)
			}
		}); got != 1 {
			t.Errorf("%s: %v allocations", row.name, got)
		}
	}
}
