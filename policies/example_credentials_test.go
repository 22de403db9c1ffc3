package policies_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/libtnb/sqlite"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/policies"
)

// Token accepts the tokens of DRF. Each user has one.
func ExampleToken() {
	ctx := context.Background()
	db, _ := gorm.Open(sqlite.Open("file:token?mode=memory&cache=shared"))
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	users, _ := models.UsersOf(db)
	token, _ := users.GetOrCreateToken(ctx, alice)

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db)))
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })

	me := httptest.NewRequest("GET", "/me", nil)
	me.Header.Set("Authorization", "Token "+string(token.Key))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, me)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice
}

// AccessToken takes tokens that have a name and expire. The handler reads which
// one the request came with.
func ExampleAccessToken() {
	ctx := context.Background()
	db, _ := gorm.Open(sqlite.Open("file:accesstoken?mode=memory&cache=shared"))
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	bearer := policies.AccessToken(db)
	_, secret, _ := bearer.Tokens().Create(ctx, alice, accesstoken.Draft{
		Name: "ci", Scopes: []string{models.AllScopes}, Expiry: accesstoken.ExpiresIn(time.Hour)})

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(bearer))
	r.GET("/me", func(c *gin.Context) {
		token, _ := ginauth.AuthAs[*accesstoken.Token](c)
		c.String(http.StatusOK, "%v with %s", ginauth.Current(c).User, token.Name)
	})

	me := httptest.NewRequest("GET", "/me", nil)
	me.Header.Set("Authorization", "Bearer "+string(secret))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, me)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice with ci
}

// HasAPIKey admits programs. A key is not a user: the request stays anonymous.
func ExampleHasAPIKey() {
	db, _ := gorm.Open(sqlite.Open("file:apikey?mode=memory&cache=shared"))
	_ = models.Migrate(db)
	secret, _ := apikey.Create(context.Background(), db, &apikey.Key{Name: "partner"})

	r := gin.New()
	ginauth.New(r, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db)))
	r.GET("/feed", func(c *gin.Context) {
		key, _ := policies.APIKeyOf(c)
		c.String(http.StatusOK, key.Name)
	})

	for _, header := range []string{"Api-Key " + string(secret), "Api-Key wrong"} {
		feed := httptest.NewRequest("GET", "/feed", nil)
		feed.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, feed)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 partner
	// 403 {"detail":"You do not have permission to perform this action."}
}

// A page reads the user of the session, whose cookie a login has set.
func ExampleSession() {
	ctx := context.Background()
	db, _ := gorm.Open(sqlite.Open("file:pages?mode=memory&cache=shared"))
	_ = models.Migrate(db)
	_ = db.Use(models.SecretKeys{"a secret of the example, which is long enough for it"})
	alice := &models.User{Username: "alice", Email: "alice@example.com"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	session := policies.Session(db)
	begun, _ := session.Sessions().Login(ctx, "", alice) // in a handler: session.Login(c, alice)

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(session))
	r.GET("/profile", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.String(http.StatusOK, user.Email)
	})

	profile := httptest.NewRequest("GET", "https://example.com/profile", nil)
	profile.AddCookie(&http.Cookie{Name: "sessionid", Value: string(begun.Key)})
	w := httptest.NewRecorder()
	r.ServeHTTP(w, profile)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice@example.com
}

// A proxy at a known address names the user. The header of any other client is
// not read.
func ExampleRemoteUser() {
	db, _ := gorm.Open(sqlite.Open("file:remoteuser?mode=memory&cache=shared"))
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	proxies := policies.TrustedPeers{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}}

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(
		policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", Peers: proxies})))
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })

	for _, peer := range []string{"10.0.0.7:4711", "203.0.113.9:4711"} {
		me := httptest.NewRequest("GET", "/me", nil)
		me.RemoteAddr = peer
		me.Header.Set("X-Remote-User", "alice")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, me)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 alice
	// 403 {"detail":"Authentication credentials were not provided."}
}
