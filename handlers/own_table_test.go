package handlers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// Clerk holds the columns, other than the key, of a table that an application
// had before: e-mail addresses as names, bare hashes of bcrypt, a role.
type Clerk struct {
	models.BaseUser
	Email        string
	PasswordHash string
	Role         *string
	Disabled     bool `gorm:"not null"`
}

func (c *Clerk) Active() bool    { return !c.Disabled }
func (c *Clerk) Subject() string { return c.Email }
func (c *Clerk) String() string  { return c.Email }
func (c *Clerk) Roles() []string {
	if c.Role == nil {
		return nil
	}
	return []string{*c.Role}
}

var _ policies.RoleUser = (*Clerk)(nil)

type (
	serialClerk struct {
		ID uint
		Clerk
	}
	uuidClerk struct {
		ID uuid.UUID `gorm:"type:uuid"`
		Clerk
	}
	textClerk struct {
		ID string `gorm:"type:varchar(26)"`
		Clerk
	}
	// namedClerk's key is not called id.
	namedClerk struct {
		ClerkNo int32 `gorm:"primaryKey"`
		Clerk
	}
)

func (serialClerk) TableName() string { return "clerks" }
func (uuidClerk) TableName() string   { return "clerks" }
func (textClerk) TableName() string   { return "clerks" }
func (namedClerk) TableName() string  { return "clerks" }

const clerkColumns = `, email varchar(254) NOT NULL UNIQUE, password_hash varchar(60), role varchar(20), disabled boolean NOT NULL DEFAULT false)`

// ownTables are shapes of such a table.
var ownTables = []struct {
	name, key string
	keys      [4]string // of ann, vic, off, nil
	plugin    gorm.Plugin
	id        string
}{
	{"serial", "id bigserial PRIMARY KEY", [4]string{"1", "2", "3", "4"},
		models.AuthUserModel[serialClerk]{UsernameField: "email", PasswordField: "password_hash"}, "id"},
	{"uuid", "id uuid PRIMARY KEY", [4]string{"'5b1f2c1e-9d8a-4c7e-8f00-000000000001'", "'5b1f2c1e-9d8a-4c7e-8f00-000000000002'",
		"'5b1f2c1e-9d8a-4c7e-8f00-000000000003'", "'5b1f2c1e-9d8a-4c7e-8f00-000000000004'"},
		models.AuthUserModel[uuidClerk]{UsernameField: "email", PasswordField: "password_hash"}, "id"},
	{"text", "id varchar(26) PRIMARY KEY", [4]string{"'01J0000000000000000000000A'", "'01J0000000000000000000000B'",
		"'01J0000000000000000000000C'", "'01J0000000000000000000000D'"},
		models.AuthUserModel[textClerk]{UsernameField: "email", PasswordField: "password_hash"}, "id"},
	{"named", "clerk_no integer PRIMARY KEY", [4]string{"1", "2", "3", "4"},
		models.AuthUserModel[namedClerk]{UsernameField: "email", PasswordField: "password_hash"}, "pk"},
}

// TestEveryCredentialOnATableOfOnesOwn brings such tables under policies, with
// their rows as they are, and tries every way in and every credential.
func TestEveryCredentialOnATableOfOnesOwn(t *testing.T) {
	for _, own := range ownTables {
		t.Run(own.name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				hash, err := bcrypt.GenerateFromPassword([]byte("ann-pw"), bcrypt.MinCost)
				if err != nil {
					t.Fatal(err)
				}
				key := own.key
				if db.Name() == "sqlite" {
					key = strings.Replace(key, "bigserial", "integer", 1)
				}
				insert := `INSERT INTO clerks VALUES (%s, ?, ?, ?, ?)`
				err = errors.Join(db.Exec("CREATE TABLE clerks ("+key+clerkColumns).Error,
					db.Exec(fmt.Sprintf(insert, own.keys[0]), "ann@example.com", hash, "admin", false).Error,
					db.Exec(fmt.Sprintf(insert, own.keys[1]), "vic@example.com", hash, "", false).Error,
					db.Exec(fmt.Sprintf(insert, own.keys[2]), "off@example.com", hash, "admin", true).Error,
					db.Exec(fmt.Sprintf(insert, own.keys[3]), "nil@example.com", nil, nil, false).Error)
				if err != nil {
					t.Fatal(err)
				}
				people.Configure(t, db, own.plugin, models.Passwords{Hashers: password.Hashers{password.BCrypt{Cost: bcrypt.MinCost, Bare: true}}}, roomy)
				if err := models.Migrate(db); err != nil {
					t.Fatal(err)
				}
				checkOwnTable(t, db, own.id)
			})
		})
	}
}

func checkOwnTable(t *testing.T, db *gorm.DB, id string) {
	t.Helper()
	config := jwt.Config{Key: sitetest.JWTKey, UserIDField: id, Accept: []jwt.Type{jwt.Access, jwt.Sliding},
		RotateRefreshTokens: true, BlacklistAfterRotation: true, RefreshGrace: 10e9}
	session := policies.Session(db)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db), session,
		policies.AccessToken(db), jwt.NewAuthenticator(db, config)))
	handlers.MountObtainAuthToken(s.Auth, s.Engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: unthrottled.Rules})
	handlers.MountSession(s.Auth, s.Engine, "/session", session, handlers.SessionConfig{Rules: unthrottled.Rules, InsecureWithoutCSRF: true})
	jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/jwt/pair", Refresh: "/jwt/refresh", Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/slide",
		Rules: unthrottled.Rules}, db, config)
	handlers.MountLogoutAll(s.Auth, s.Engine, "/logout-all", db, handlers.LogoutAllConfig{Session: session})
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.IsAuthenticated)).GET("/me", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.HasRole("admin"))).GET("/admin", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.HasAPIKey(db))).GET("/key", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	for _, finding := range s.Auth.Check() {
		t.Error(finding)
	}

	for name, want := range map[string]string{
		"ann@example.com": "200 ann@example.com", "vic@example.com": "200 vic@example.com", "off@example.com": "401", "nil@example.com": "401",
		"ANN@example.com": "401", "nobody@example.com": "401",
	} {
		if got := s.Get("/me", sitetest.Password(name, "ann-pw")); !strings.HasPrefix(got, want) {
			t.Errorf("Basic of %s: %s", name, got)
		}
		if got := s.Get("/me", sitetest.Password(name, "")); !strings.HasPrefix(got, "401") {
			t.Errorf("Basic of %s with an empty password: %s", name, got)
		}
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	ann, err := users.ByUsername(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	granted := func(as sitetest.As) bool {
		return s.Get("/me", as) == "200 ann@example.com" && s.Get("/admin", as) == "200 ann@example.com"
	}
	credentials := map[string]sitetest.As{}
	member := func(path, body, name string) string {
		answer := s.Do("POST", path, sitetest.Anonymous, body)
		var got map[string]string
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got[name] == "" {
			t.Fatalf("%s: %s", path, answer)
		}
		return got[name]
	}
	const byName, byEmail = `{"username":"ann@example.com","password":"ann-pw"}`, `{"email":"ann@example.com","password":"ann-pw"}`
	credentials["Token"] = sitetest.Token(member("/token", byName, "token"))
	credentials["JWT"] = sitetest.Bearer(member("/jwt/pair", byEmail, "access"))
	credentials["refreshed JWT"] = sitetest.Bearer(member("/jwt/refresh", `{"refresh":"`+member("/jwt/pair", byEmail, "refresh")+`"}`, "access"))
	credentials["sliding JWT"] = sitetest.Bearer(member("/jwt/slide", `{"token":"`+member("/jwt/sliding", byEmail, "token")+`"}`, "token"))
	in := s.Do("POST", "/session/login", sitetest.Anonymous, byName)
	credentials["session"] = sitetest.As{"Cookie: sessionid=" + in.Cookie("sessionid")}
	tokens, err := accesstoken.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := tokens.Create(t.Context(), ann,
		accesstoken.Draft{Name: "laptop", Scopes: []string{models.AllScopes}, Expiry: accesstoken.ExpiresIn(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	credentials["access token"] = sitetest.Bearer(string(secret))
	for name, as := range credentials {
		if !granted(as) {
			t.Errorf("%s: %s, %s", name, s.Get("/me", as), s.Get("/admin", as))
		}
	}
	if got := s.Get("/admin", sitetest.Password("vic@example.com", "ann-pw")); !strings.HasPrefix(got, "403") {
		t.Errorf("a user without a role: %s", got)
	}
	key := ginauthtest.APIKey(t, db)
	if got := ginauthtest.NewClient(t, s.Engine).With(key).Get("/key"); got.Code != http.StatusNoContent {
		t.Errorf("API key: %v", got)
	}

	if got := s.Do("POST", "/logout-all", credentials["JWT"], ""); got.Code != http.StatusNoContent {
		t.Errorf("logout-all: %s", got)
	}
	for name, as := range credentials {
		if got := s.Get("/me", as); (got != "200 ann@example.com") != (name != "Token") { // DRF's token stays, as in DRF
			t.Errorf("%s after logout-all: %s", name, got)
		}
	}
	if err := users.SetPassword(t.Context(), ann, "new-pw"); err != nil {
		t.Fatal(err)
	}
	if got := s.Get("/me", sitetest.Password("ann@example.com", "new-pw")); got != "200 ann@example.com" {
		t.Errorf("the new password: %s", got)
	}
	var stored string
	if db.Raw("SELECT password_hash FROM clerks WHERE email = 'ann@example.com'").Scan(&stored); !strings.HasPrefix(stored, "$2a$") {
		t.Errorf("stored %q", stored)
	}
	if err := users.Delete(t.Context(), ann); err != nil {
		t.Error(err)
	}
	for name, as := range credentials {
		if got := s.Get("/me", as); strings.HasPrefix(got, "200") {
			t.Errorf("%s of a deleted user: %s", name, got)
		}
	}
}
