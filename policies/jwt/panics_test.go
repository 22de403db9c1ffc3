package jwt_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestWrongConfigsStopTheStart checks wrong configs, above all options that
// could not take effect.
func TestWrongConfigsStopTheStart(t *testing.T) {
	db := fixture(t)
	for want, change := range map[string]func(*jwt.Config){
		"Config.Key is missing":                                func(c *jwt.Config) { c.Key = jwt.Key{} },
		"BlacklistAfterRotation has no effect without Rotate":  func(c *jwt.Config) { c.RotateRefreshTokens = false },
		"BlacklistAfterRotation has no effect with WithoutBla": func(c *jwt.Config) { c.WithoutBlacklist = true },
		"a refresh token is not for requests":                  func(c *jwt.Config) { c.Accept = []jwt.Type{jwt.Refresh} },
		"a lifetime is less than a second":                     func(c *jwt.Config) { c.AccessLifetime = -time.Hour },
		"Leeway is negative":                                   func(c *jwt.Config) { c.Leeway = -1 },
		"Leeway is more than 12 hours":                         func(c *jwt.Config) { c.Leeway = 12*time.Hour + 1 },
		"MaxTokenBytes is negative":                            func(c *jwt.Config) { c.MaxTokenBytes = -1 },
		"which holds something else":                           func(c *jwt.Config) { c.UserIDClaim = "jti" },
		"HeaderTypes must be words":                            func(c *jwt.Config) { c.HeaderTypes = []string{"Bearer token"} },
		"UserIDClaim is ginauth_epoch, which holds something":  func(c *jwt.Config) { c.UserIDClaim = "ginauth_epoch" },
		"UserIDClaim is sid, which holds something":            func(c *jwt.Config) { c.UserIDClaim, c.RefreshGrace = "sid", time.Second },
		"UserIDClaim is hash_password":                         func(c *jwt.Config) { c.UserIDClaim, c.CheckRevokeToken = "hash_password", true },
		"RevokeTokenClaim is exp, which holds something":       func(c *jwt.Config) { c.RevokeTokenClaim = "exp" },
		"RefreshGrace is negative":                             func(c *jwt.Config) { c.RefreshGrace = -1 },
		"RefreshGrace has no effect without Rotate":            func(c *jwt.Config) { c.RefreshGrace, c.BlacklistAfterRotation = 1, false },
		"RefreshGrace is more than 5 minutes":                  func(c *jwt.Config) { c.RefreshGrace = 5*time.Minute + 1 },
		"the tables that RefreshGrace needs do not exist":      func(c *jwt.Config) { c.RefreshGrace, c.InsecureLongGrace = time.Hour, true },
		"LoginLifetime is negative":                            func(c *jwt.Config) { c.LoginLifetime = -1 },
		"LoginLifetime is less than AccessLifetime":            func(c *jwt.Config) { c.LoginLifetime = 5*time.Minute - 1 },
		"InheritClaims has no effect without Claims":           func(c *jwt.Config) { c.InheritClaims = true },
		"no column \"uuid\"":                                   func(c *jwt.Config) { c.UserIDField = "uuid" },
		"by \"email\": the column must be unique":              func(c *jwt.Config) { c.UserIDField = "email" },
	} {
		config := rotating()
		change(&config)
		for name, construct := range map[string]func(){
			"NewIssuer":        func() { jwt.NewIssuer(db, config) },
			"NewAuthenticator": func() { jwt.NewAuthenticator(db, config) },
		} {
			if message := panics.Of(construct); !strings.HasPrefix(message, "jwt: "+name+": ") || !strings.Contains(message, want) {
				t.Errorf("%s: %q, want %q", name, message, want)
			}
		}
	}
}

// account is a user model without last_login.
type account struct {
	ID       int64  `gorm:"primaryKey"`
	Name     string `gorm:"unique"`
	Password models.Secret
}

func (*account) Authenticated() bool { return true }
func (*account) Active() bool        { return true }

func TestOptionsThatTheDatabaseCannotDo(t *testing.T) {
	empty := dbtest.Open(t, dbtest.SQLite(t))
	swapped := dbtest.Open(t, dbtest.SQLite(t))
	if err := swapped.Use(models.AuthUserModel[account]{UsernameField: "name"}); err != nil {
		t.Fatal(err)
	}
	withLogin, sliding, without := rotating(), rotating(), jwt.Config{Key: jwt.HS256([]byte(secret)), WithoutBlacklist: true}
	withLogin.UpdateLastLogin = true
	sliding.Accept = []jwt.Type{jwt.Access, jwt.Sliding}
	mount := func(db *gorm.DB, config jwt.Config) func() {
		return func() {
			engine := gin.New()
			jwt.Mount(ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler))), engine, endpoints, db, config)
		}
	}
	for _, row := range []struct {
		name, want string
		construct  func()
	}{
		{"no tables", "tables of token_blacklist do not exist", mount(empty, rotating())},
		{"no tables for sliding tokens", "tables of token_blacklist do not exist", func() { jwt.NewAuthenticator(empty, sliding) }},
		{"access tokens need none", "", func() { jwt.NewAuthenticator(empty, rotating()) }},
		{"no need of tables", "", func() { jwt.NewIssuer(empty, without) }},
		{"blacklist without one", "Endpoints.Blacklist has no effect", mount(empty, without)},
		{"no last_login", "no column last_login", func() { jwt.NewIssuer(swapped, withLogin) }},
		{"stateless sliding", "sees no blacklist", func() { jwt.NewStatelessAuthenticator(sliding) }},
		{"no database", "the database is nil", func() { jwt.NewIssuer(nil, rotating()) }},
	} {
		if message := panics.Of(row.construct); !strings.Contains(message, row.want) || (row.want == "") != (message == "") {
			t.Errorf("%s: %q, want %q", row.name, message, row.want)
		}
	}
}
