package ginauth_test

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// setter is an authenticator that sets Gin's keys itself, as one made of an
// older middleware does, and finds no credentials.
type setter struct{}

func (setter) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	c.Set("user", "poison")
	c.Set("auth", "poison")
	return nil, ginauth.ErrNoCredentials
}

// TestKeysAreOfOneRequest checks what a handler finds under the keys of the
// guard, while other requests change theirs.
func TestKeysAreOfOneRequest(t *testing.T) {
	poisoned := func(c *gin.Context) { c.Set("user", "poison") }
	for _, row := range []struct {
		name    string
		before  gin.HandlerFunc
		classes ginauth.Option
		header  string
		want    string
	}{
		{"no authenticators", nil, ginauth.NoAuthentication(), "", "anonymous <nil>"},
		{"no authenticators, keys set before", poisoned, ginauth.NoAuthentication(), "", "anonymous <nil>"},
		{"anonymous", nil, ginauth.AuthenticationClasses(setter{}), "", "anonymous <nil>"},
		{"anonymous, keys set before", poisoned, ginauth.AuthenticationClasses(setter{}), "", "anonymous <nil>"},
		{"authenticated", nil, ginauth.AuthenticationClasses(setter{}, byHeader{}), "alice", "alice header"},
		{"authenticated, keys set before", poisoned, ginauth.AuthenticationClasses(setter{}, byHeader{}), "alice", "alice header"},
	} {
		engine := gin.New()
		if row.before != nil {
			engine.Use(row.before)
		}
		ginauth.New(engine, ginauth.PermissionClasses(anyone), row.classes)
		engine.GET("/", func(c *gin.Context) {
			user, _ := c.Get("user")
			auth, _ := c.Get("auth")
			id := &ginauth.Identity{Auth: auth}
			id.User, _ = user.(ginauth.User)
			for _, id := range []*ginauth.Identity{id, ginauth.Current(c)} {
				if got := fmt.Sprint(id.Subject(), " ", id.Auth); got != row.want || id.User == nil {
					t.Errorf("%s: %s", row.name, got)
				}
			}
			if c.GetBool("mine") {
				t.Errorf("%s: a key of another request", row.name)
			}
			c.Set("user", "poison")
			c.Set("auth", "poison")
			c.Set("mine", true)
		})
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					r := request("/")
					r.Header.Set("X-User", row.header)
					engine.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		}
		all.Wait()
	}
}
