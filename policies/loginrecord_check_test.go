package policies_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCheckFindsLoginsThatAreNotRecorded checks the findings about routes whose
// authenticators can never satisfy the classes.
func TestCheckFindsLoginsThatAreNotRecorded(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	newSite(t, db)
	config := jwt.Config{Key: sitetest.JWTKey}
	timed, limited := config, config
	timed.RecordLogin, limited.LoginLifetime = true, time.Hour
	imported := policies.AccessTokenConfig{ImportedKeyword: "Token", Unimported: policies.Token(db)}
	recent, otp, pwd := policies.RecentLogin(time.Minute), policies.HasFactor("otp"), policies.HasFactor("pwd")
	own := policies.AuthenticatorFunc("Own", func(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials })
	const timeless = "JWT has tokens without auth_time: set RecordLogin in jwt.Config, also where tokens are issued"
	const silent = " does not say when and how its user has logged in"
	for _, row := range []struct {
		p       ginauth.Permission
		classes []ginauth.Authenticator
		want    string
	}{
		{recent, []ginauth.Authenticator{policies.Session(db)}, ""},
		{recent, []ginauth.Authenticator{policies.Basic(db)}, ""},
		{recent, []ginauth.Authenticator{policies.Token(db)}, "RecentLogin(1m0s) refuses every request: Token" + silent},
		{recent, []ginauth.Authenticator{policies.Token(db), policies.Session(db)}, ""},
		{recent, []ginauth.Authenticator{jwt.NewAuthenticator(db, config)}, "RecentLogin(1m0s) refuses every request: " + timeless},
		{recent, []ginauth.Authenticator{jwt.NewStatelessAuthenticator(config)}, "RecentLogin(1m0s) refuses every request: Stateless" + timeless},
		{recent, []ginauth.Authenticator{jwt.NewAuthenticator(db, timed)}, ""},
		{recent, []ginauth.Authenticator{jwt.NewAuthenticator(db, limited)}, ""},
		{policies.All(policies.IsAuthenticated, policies.Conceal(recent)), []ginauth.Authenticator{policies.Token(db), policies.AccessToken(db)},
			"RecentLogin(1m0s) refuses every request: Token" + silent + "; AccessToken" + silent},
		{otp, []ginauth.Authenticator{jwt.NewAuthenticator(db, config)}, ""},
		{otp, []ginauth.Authenticator{policies.Basic(db)}, "HasFactor(otp) refuses every request: Basic takes no code"},
		{pwd, []ginauth.Authenticator{policies.Basic(db)}, ""},
		{otp, []ginauth.Authenticator{policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: proxy})},
			"HasFactor(otp) refuses every request: RemoteUser(X)" + silent},
		{otp, []ginauth.Authenticator{policies.AccessToken(db, imported)},
			"HasFactor(otp) refuses every request: AccessToken(imported: Token)" + silent + "; Token" + silent},
		{otp, []ginauth.Authenticator{policies.OAuth2Token(db)}, "HasFactor(otp) refuses every request: OAuth2Token" + silent},
		{recent, []ginauth.Authenticator{policies.OAuth2Token(db)}, "RecentLogin(1m0s) refuses every request: OAuth2Token" + silent},
		{otp, []ginauth.Authenticator{own}, ""},
		{policies.IsAuthenticated, []ginauth.Authenticator{policies.Token(db)}, ""},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(row.classes[0], row.classes[1:]...))
		auth.With(engine, ginauth.PermissionClasses(row.p), ginauth.ObjectsInHandler()).GET("/x", func(*gin.Context) {})
		var got []string
		for _, f := range auth.Check() {
			if strings.Contains(f.Message, "refuses every request") {
				got = append(got, f.Message)
			}
		}
		if text := strings.Join(got, "; "); (row.want == "") != (text == "") || !strings.HasPrefix(text, row.want) {
			t.Errorf("%s with %v:\n got %s\nwant %s", ginauth.Name(row.p), row.classes, text, row.want)
		}
	}
}
