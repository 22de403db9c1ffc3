package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
)

// poison is what a handler leaves in everything that its request has.
const poison = "of another request"

// TestNoRequestGetsTheStateOfAnother lets requests of two users overlap, with
// and without a cache. Each handler checks what it has been given, and poisons
// it. The race detector finds what two of them share.
func TestNoRequestGetsTheStateOfAnother(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		other, err := users.ByUsername(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		token, err := users.GetOrCreateToken(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		cache := authcache.New(policies.Token(db), authcache.Config{MaxStaleness: time.Minute})
		for _, class := range []ginauth.Authenticator{policies.Token(db), cache} {
			engine := gin.New()
			ginauth.New(engine, ginauth.AuthenticationClasses(class))
			engine.GET("/", poisoning(t))
			var wg sync.WaitGroup
			for name, key := range map[string]string{"alice": s.keys["alice"], "bob": string(token.Key)} {
				for range 4 {
					wg.Go(func() {
						for range 20 {
							w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
							r.Header.Set("Authorization", "Token "+key)
							if engine.ServeHTTP(w, r); w.Code != http.StatusOK || w.Body.String() != name {
								t.Errorf("%s: %d %s, want %s", class, w.Code, w.Body, name)
							}
						}
					})
				}
			}
			wg.Wait()
		}
	})
}

func poisoning(t *testing.T) gin.HandlerFunc {
	return func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.String(http.StatusOK, user.Username)
		for key, value := range c.Keys {
			if fmt.Sprint(value) == poison {
				t.Errorf("%v is poisoned", key)
			}
		}
		c.Set("left", poison)
		c.Set("user", poison)
		*user = models.User{Username: poison, IsSuperuser: true, Password: poison}
	}
}
