package policies_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
)

// TestALoginRecordIsOfItsIdentity checks that the record of a session does not
// count for another identity of the same request.
func TestALoginRecordIsOfItsIdentity(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		session, token := policies.Session(db, overHTTP), policies.Token(db)
		// An authenticator that looks at the session and then believes another
		// credential.
		both := func(user func(fromSession, fromToken *ginauth.Identity) *ginauth.Identity) ginauth.Authenticator {
			return policies.AuthenticatorFunc("Both", func(c *gin.Context) (*ginauth.Identity, error) {
				first, err := session.Authenticate(c)
				second, err2 := token.Authenticate(c)
				return user(first, second), errors.Join(err, err2)
			})
		}
		for path, user := range map[string]func(a, b *ginauth.Identity) *ginauth.Identity{
			"/same":     func(a, _ *ginauth.Identity) *ginauth.Identity { return a },
			"/token":    func(_, b *ginauth.Identity) *ginauth.Identity { return b },
			"/tokens":   func(_, b *ginauth.Identity) *ginauth.Identity { return &ginauth.Identity{User: b.User} },
			"/attached": func(a, b *ginauth.Identity) *ginauth.Identity { return &ginauth.Identity{User: a.User, Auth: b.Auth} },
			"/other": func(*ginauth.Identity, *ginauth.Identity) *ginauth.Identity {
				return &ginauth.Identity{User: guestUser{}}
			},
		} {
			s.route(path, ginauth.AuthenticationClasses(both(user)), ginauth.PermissionClasses(policies.HasFactor("otp")))
		}
		cookie := s.login(t, session, "alice", nil, login.Factor{Method: login.MethodOTP})
		for path, want := range map[string]int{"/same": 200, "/token": 403, "/tokens": 403, "/attached": 403, "/other": 403} {
			if w := s.ask("GET", path, "", append(cookie, "Authorization: Token "+s.keys["alice"])...); w.Code != want {
				t.Errorf("%s: %s, want %d", path, short(w), want)
			}
		}
	})
}

// guestUser is a user that cannot be compared.
type guestUser struct{ _ []int }

func (guestUser) Authenticated() bool { return true }

// TestScopesAreNoLogin checks that a token of either kind which has the scope
// that a route asks for is refused for the login that it does not record.
func TestScopesAreNoLogin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Configure(t, db, models.Scopes{"read": {}})
		s := newSite(t, db)
		oauthtest.Create(t, db, oauthtest.V4)
		oauthtest.Insert(t, db, oauthtest.V4, oauthtest.Row{Token: "oauth", User: people.Named(t, db, "alice").ID, Scope: "read"})
		read, recent, otp := policies.HasScope("read"), policies.RecentLogin(time.Hour), policies.HasFactor("otp")
		for path, p := range map[string]ginauth.Permission{
			"/read": read, "/recent": policies.All(read, recent), "/otp": policies.All(read, otp), "/not": policies.All(read, policies.Not(otp)),
		} {
			s.route(path, ginauth.AuthenticationClasses(policies.AccessToken(db), policies.OAuth2Token(db)), ginauth.PermissionClasses(p))
		}
		for _, token := range []string{"oauth", s.AccessToken("alice", "read"), s.AccessToken("alice", models.AllScopes)} {
			for path, want := range map[string]int{"/read": 200, "/recent": 403, "/otp": 403, "/not": 200} {
				if w := s.ask("GET", path, "", "Authorization: Bearer "+token); w.Code != want {
					t.Errorf("%s with %s: %s, want %d", path, token, short(w), want)
				}
			}
		}
	})
}
