package internal_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/oidc"
)

// insecure lists every exported setting that weakens, as testdata/api.txt does,
// with a use of it and what check --deploy finds there.
var insecure = []struct {
	setting, finding string
	use              func(t *testing.T, db *gorm.DB) any
}{
	{"ginauth: func InsecureExplainHeader() Option", "explain-header: ", explainHeader},
	{"handlers: field SessionConfig.InsecureWithoutCSRF bool", "without-csrf: MountSession: other sites can log visitors in", mountedWithoutCSRF},
	{"models/login: field Requirements.InsecureIgnored []string", "ignored-tables: logins skip something that Django may ask for", ignoredTables},
	{"models/requirements: field DjangoOTP.InsecureUnthrottled bool", "unthrottled-codes: ", unthrottledCodes},
	{"policies: field RemoteUserConfig.InsecureTakePasswordUsers bool", "password-users: the proxy takes over accounts", passwordUsers},
	{"policies: field SessionConfig.InsecureCookie bool", "insecure-cookie: browsers send the session over plain HTTP", insecureCookie},
	{"policies: field RemoteUserConfig.InsecureEveryPeer bool", "every-peer: any peer that reaches the server can name a user", everyPeer},
	{"policies: method (*SessionAuth) InsecureWithoutCSRF() *SessionAuth", "without-csrf: other sites can make requests", withoutCSRF},
	{"policies/drf: func InsecureForwardedFor(*gin.Context) string", "forwarded-for: a client that sends another X-Forwarded-For", forwardedFor},
	{"policies/jwt: field Config.InsecureLongGrace bool", "long-grace: a stolen refresh token passes unnoticed", longGrace},
	{"policies/jwt: field Cookies.InsecureCookie bool", "insecure-cookie: browsers send the tokens over plain HTTP", plainCookies},
	{"policies/logins: field Limits.InsecureUnlimited bool", "unlimited-logins: passwords may be guessed without end", unlimitedLogins},
	{"policies/oidc: field Config.InsecureAnyTenant bool", "any-tenant: the users of every organization", anyTenant},
}

// TestInsecureSettingsAreFound checks that no setting weakens an application
// without a finding of check --deploy.
func TestInsecureSettingsAreFound(t *testing.T) {
	gin.SetMode(gin.TestMode)
	declared := map[string]bool{}
	for _, dir := range publicPackages(t) {
		for _, line := range exported(t, dir) {
			if strings.Contains(line, "Insecure") {
				declared[line] = true
			}
		}
	}
	for _, row := range insecure {
		if !declared[row.setting] {
			t.Errorf("%s is not exported", row.setting)
		}
		delete(declared, row.setting)
		t.Run(row.setting, func(t *testing.T) {
			t.Parallel()
			if found := findings(t, row.use(t, database(t))); !slices.ContainsFunc(found, func(line string) bool {
				return strings.HasPrefix(line, row.finding)
			}) {
				t.Errorf("found %q, want %q", found, row.finding)
			}
		})
	}
	for line := range declared {
		t.Errorf("check --deploy finds no %s: let its class implement ginauth.DeployChecker, and add a row to this test", line)
	}
}

// findings returns what CheckDeploy finds in a checker or in an application.
func findings(t *testing.T, in any) (lines []string) {
	t.Helper()
	if auth, ok := in.(*ginauth.Auth); ok {
		for _, finding := range auth.CheckDeploy(t.Context()) {
			lines = append(lines, finding.String())
		}
		return lines
	}
	return strings.Split(fmt.Sprint(in.(ginauth.DeployChecker).CheckDeploy(t.Context())), "\n")
}

// database returns one with a secret key and ginauth's own tables.
func database(t *testing.T) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := errors.Join(db.Use(models.SecretKeys{people.SecretKey}), models.Migrate(db)); err != nil {
		t.Fatal(err)
	}
	return db
}

// users returns the users of a database with one more setting.
func users(t *testing.T, db *gorm.DB, setting gorm.Plugin) *models.Users {
	t.Helper()
	if err := db.Use(setting); err != nil {
		t.Fatal(err)
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	return users
}

func explainHeader(*testing.T, *gorm.DB) any {
	return ginauth.New(gin.New(), ginauth.InsecureExplainHeader())
}

func mountedWithoutCSRF(_ *testing.T, db *gorm.DB) any {
	engine := gin.New()
	auth := ginauth.New(engine)
	handlers.MountSession(auth, engine, "/session", policies.Session(db), handlers.SessionConfig{InsecureWithoutCSRF: true})
	return auth
}

func ignoredTables(t *testing.T, db *gorm.DB) any {
	return users(t, db, login.Requirements{InsecureIgnored: []string{"account_emailaddress"}})
}

func unthrottledCodes(t *testing.T, db *gorm.DB) any {
	return users(t, db, login.Requirements{All: []login.Requirement{requirements.DjangoOTP{InsecureUnthrottled: true}}})
}

func passwordUsers(_ *testing.T, db *gorm.DB) any {
	return policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", CreateUnknownUser: true, InsecureTakePasswordUsers: true,
		Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}})
}

func everyPeer(_ *testing.T, db *gorm.DB) any {
	return policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", InsecureEveryPeer: true})
}

func insecureCookie(_ *testing.T, db *gorm.DB) any {
	return policies.Session(db, policies.SessionConfig{InsecureCookie: true})
}

func withoutCSRF(_ *testing.T, db *gorm.DB) any { return policies.Session(db).InsecureWithoutCSRF() }

func forwardedFor(*testing.T, *gorm.DB) any {
	return policies.AnonRate("5/min", policies.RateConfig{Address: drf.InsecureForwardedFor})
}

func longGrace(_ *testing.T, db *gorm.DB) any {
	return jwt.NewAuthenticator(db, jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 64))), RotateRefreshTokens: true,
		BlacklistAfterRotation: true, RefreshGrace: time.Hour, InsecureLongGrace: true})
}

func plainCookies(_ *testing.T, db *gorm.DB) any {
	return jwt.NewAuthenticator(db, jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 64))), Cookies: &jwt.Cookies{InsecureCookie: true}})
}

func anyTenant(*testing.T, *gorm.DB) any {
	return oidc.NewStatelessAuthenticator(oidc.Config{Issuer: "https://login.test/{tenantid}", Audience: []string{"notes"}, InsecureAnyTenant: true})
}

func unlimitedLogins(t *testing.T, db *gorm.DB) any {
	return logins.Of(users(t, db, logins.Limits{InsecureUnlimited: true}))
}
