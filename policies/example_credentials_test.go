package policies_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/oauth2token"
	"github.com/ginauth/ginauth/policies"
)

// Token accepts the tokens of DRF. Each user has one.
func ExampleToken() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
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
	db, _ := database.Open(":memory:")
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

// OAuth2Token accepts the access tokens that Django issues by
// django-oauth-toolkit, in Django's own table. The handler reads for which
// client the token was issued.
func ExampleOAuth2Token() {
	db, _ := database.Open(":memory:")
	_ = db.Use(models.Scopes{"read": {}, "write": {}}) // OAUTH2_PROVIDER["SCOPES"]
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	djangoIssues(db, "Pb6ETOJB6bVXMcgSZTbjJCUyaVNPgB", "read")

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(policies.OAuth2Token(db)),
		ginauth.PermissionClasses(policies.IsAuthenticated, policies.HasScope("read")))
	r.GET("/notes", func(c *gin.Context) {
		token, _ := ginauth.AuthAs[*oauth2token.Token](c)
		c.String(http.StatusOK, "%v through client %s, for %v", ginauth.Current(c).User, token.ApplicationID, token.Scopes)
	})

	notes := httptest.NewRequest("GET", "/notes", nil)
	notes.Header.Set("Authorization", "Bearer Pb6ETOJB6bVXMcgSZTbjJCUyaVNPgB")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, notes)
	fmt.Println(w.Code, w.Body)

	notes.Header.Set("Authorization", "Bearer wrong")
	w = httptest.NewRecorder()
	r.ServeHTTP(w, notes)
	fmt.Println(w.Code, strings.ReplaceAll(w.Header().Get("WWW-Authenticate"), ",", "\n"))
	// Output:
	// 200 alice through client 7, for [read]
	// 401 Bearer realm="api"
	// error="invalid_token"
	// error_description="The access token is invalid."
}

// djangoIssues makes Django's table and a token of the first user in it.
func djangoIssues(db *gorm.DB, token, scope string) {
	_ = db.Exec(`CREATE TABLE oauth2_provider_accesstoken (id integer PRIMARY KEY, token text, token_checksum varchar(64) UNIQUE,
		user_id integer, application_id bigint, scope text, expires datetime, created datetime)`)
	_ = db.Exec("INSERT INTO oauth2_provider_accesstoken (token_checksum, user_id, application_id, scope, expires, created) VALUES (?, 1, 7, ?, ?, ?)",
		fmt.Sprintf("%x", sha256.Sum256([]byte(token))), scope, time.Now().UTC().Add(time.Hour), time.Now().UTC())
}

// HasAPIKey admits programs. A key is not a user: the request stays anonymous.
func ExampleHasAPIKey() {
	db, _ := database.Open(":memory:")
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

// A key with scopes and a quota: two requests, and never more.
func ExampleAPIKey() {
	db, _ := database.Open(":memory:")
	_ = db.Use(models.Scopes{"feed:read": {}, "feed:write": {}})
	_ = models.Migrate(db)
	secret, _ := apikey.Create(context.Background(), db, &apikey.Key{
		Name: "partner", Scopes: []string{"feed:read"}, Quota: &apikey.Quota{Limit: 2},
	})

	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.APIKey(db)))
	feed := func(c *gin.Context) {
		key, _ := policies.APIKeyOf(c)
		c.String(http.StatusOK, key.Name)
	}
	auth.With(r, ginauth.PermissionClasses(policies.HasScope("feed:read"))).GET("/feed", feed)
	auth.With(r, ginauth.PermissionClasses(policies.HasScope("feed:write"))).POST("/feed", feed)

	for _, method := range []string{"POST", "GET", "GET", "GET"} {
		request := httptest.NewRequest(method, "/feed", nil)
		request.Header.Set("Authorization", "Api-Key "+string(secret))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 403 {"detail":"The token does not have the scope that this needs."}
	// 200 partner
	// 200 partner
	// 429 {"detail":"Request was throttled."}
}

// A page reads the user of the session, whose cookie a login has set.
func ExampleSession() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
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
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}

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
