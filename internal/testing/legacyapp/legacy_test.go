package legacyapp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/legacyapp"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

var oldSecret = []byte("secret key") // as in gin-jwt's README, and too short for ginauth

// hashers make what the old program reads. Their cost is higher than that of
// the rows.
var hashers = password.Hashers{password.BCrypt{Bare: true}}

var update = flag.Bool("update", false, "write testdata/policies.lock")

// newDB returns the application's database as it was: no table of ginauth's,
// and hashes of golang.org/x/crypto/bcrypt.
func newDB(t *testing.T, db *gorm.DB) *gorm.DB {
	t.Helper()
	key := "bigserial"
	if db.Name() == "sqlite" {
		key = "integer"
	}
	made, err := bcrypt.GenerateFromPassword([]byte("pw"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	hash := string(made) // SQLite would keep bytes as a BLOB, which equals no text
	err = db.Exec("CREATE TABLE accounts (id " + key + ` PRIMARY KEY, email varchar(254) NOT NULL UNIQUE, password_hash varchar(60) NOT NULL,
		role varchar(20) NOT NULL DEFAULT '', disabled boolean NOT NULL DEFAULT false)`).Error
	for i, role := range []string{"admin", "editor", "viewer", ""} {
		err = errors.Join(err, db.Exec("INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", i+1, role+"@example.com", hash, role, false).Error)
	}
	err = errors.Join(err, db.Exec("INSERT INTO accounts VALUES (5, 'off@example.com', ?, 'admin', true)", hash).Error)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// shape returns the status of an answer, and its members, with the values of
// those that tell which handler ran and for whom.
func shape(a sitetest.Answer) string {
	var body map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &body); err != nil {
		return fmt.Sprint(a.Code, " ", a.Body)
	}
	text := fmt.Sprint(a.Code, " ", slices.Sorted(maps.Keys(body)))
	for _, name := range []string{"code", "handler", "user"} {
		if value, there := body[name]; there {
			text += fmt.Sprintf(" %s=%v", name, value)
		}
	}
	return text
}

// logIn returns the credential of an account: the answer of its login.
func logIn(t *testing.T, h http.Handler, email string) sitetest.As {
	t.Helper()
	return sitetest.Bearer(sitetest.Send(h, "POST", "/login", nil, `{"email":"`+email+`","password":"pw"}`).Text(t, "token"))
}

// loginClients are clients that log in: with JSON; with its type missing or
// another; and with a token that they still hold.
var loginClients = []sitetest.As{
	nil, {"Content-Type: "}, {"Content-Type: text/plain"}, {"Content-Type: application/x-www-form-urlencoded"},
	sitetest.Bearer("x.y.z"), sitetest.Bearer(expired()),
}

// expired returns a token that the old program signed a day ago.
func expired() string {
	day := time.Now().Add(-24 * time.Hour).Unix()
	claims := jwt.MapClaims{"identity": 1, "exp": day + 3600, "orig_iat": day}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(oldSecret)
	if err != nil {
		panic(err)
	}
	return token
}

// accounts returns all rows of the application's table.
func accounts(t *testing.T, db *gorm.DB) (rows []map[string]any) {
	t.Helper()
	if err := db.Table("accounts").Order("id").Find(&rows).Error; err != nil || len(rows) != 5 {
		t.Fatal(len(rows), err)
	}
	return rows
}

// TestOldClientsGetTheSameAnswers sends each request of the old clients to the
// application before and after.
func TestOldClientsGetTheSameAnswers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		newDB(t, db)
		rows := accounts(t, db)
		before := legacyapp.Before(db, oldSecret)
		old := map[string]sitetest.As{"anonymous": nil, "garbage": sitetest.Bearer("x.y.z"), "no scheme": {"Authorization: x"}}
		for _, role := range []string{"admin", "editor", "viewer", ""} {
			old[role+"@example.com"] = logIn(t, before, role+"@example.com")
		}
		if err := legacyapp.Configure(db, hashers); err != nil {
			t.Fatal(err)
		}
		after, auth := legacyapp.After(db, sitetest.JWTKey, oldSecret, true)
		for _, finding := range auth.Check() {
			t.Error(finding)
		}
		compareLogin := func(as sitetest.As, body string) {
			was, is := sitetest.Send(before, "POST", "/login", as, body), sitetest.Send(after, "POST", "/login", as, body)
			if shape(was) != shape(is) {
				t.Errorf("login %s of %s: %s, was %s", body, as, shape(is), shape(was))
			}
		}
		for _, as := range loginClients {
			compareLogin(as, `{"email":"admin@example.com","password":"pw"}`)
		}
		for _, body := range []string{
			`{"email":"admin@example.com","password":"wrong"}`,
			`{"email":"nobody@example.com","password":"pw"}`, `{"email":"off@example.com","password":"pw"}`,
		} {
			compareLogin(nil, body)
		}
		routes := before.Routes()
		if len(routes) != 30 || len(after.Routes()) < 30 {
			t.Errorf("%d routes", len(routes))
		}
		compared := 0
		for who, as := range old {
			credentials := map[string]sitetest.As{"the old token": as}
			if strings.Contains(who, "@") {
				credentials["a new login"] = logIn(t, after, who)
			}
			for name, credential := range credentials {
				for _, route := range routes {
					if route.Path == "/login" || isForgotten(route.Path) {
						continue
					}
					path := strings.ReplaceAll(route.Path, ":id", "7")
					was, is := shape(sitetest.Send(before, route.Method, path, as, "")), shape(sitetest.Send(after, route.Method, path, credential, ""))
					if was != is {
						t.Errorf("%s with %s, %s %s: %s, was %s", who, name, route.Method, path, is, was)
					}
					compared++
				}
			}
		}
		if compared != 11*25 {
			t.Errorf("%d requests were compared", compared)
		}
		checkRefresh(t, db, after, old["admin@example.com"])
		if diff := cmp.Diff(rows, accounts(t, db)); diff != "" {
			t.Errorf("rows were changed: %s", diff)
		}
	})
}

// checkRefresh exchanges an old token for a new one, and that again, until the
// user logs out everywhere.
func checkRefresh(t *testing.T, db *gorm.DB, after http.Handler, as sitetest.As) {
	t.Helper()
	all := []sitetest.As{as}
	for range 2 {
		as = sitetest.Bearer(sitetest.Send(after, "GET", "/auth/refresh_token", as, "").Text(t, "token"))
		all = append(all, as)
	}
	for i, as := range all {
		if got := sitetest.Send(after, "GET", "/admin/users", as, "").Code; got != http.StatusOK {
			t.Errorf("token %d: %d", i, got)
		}
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	user, err := users.ByUsername(t.Context(), "admin@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := users.RevokeAll(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	for i, as := range all {
		for _, path := range []string{"/admin/users", "/auth/refresh_token"} {
			if got := sitetest.Send(after, "GET", path, as, "").Code; got != http.StatusUnauthorized {
				t.Errorf("token %d after logging out everywhere, %s: %d", i, path, got)
			}
		}
	}
}

var forgotten = []string{"/api/orders/:id/invoice", "/api/import", "/export/users.csv", "/debug/config"}

func isForgotten(path string) bool { return slices.Contains(forgotten, path) }

// declared matches the line of the application's source in a finding.
var declared = regexp.MustCompile(`\(declared at .*after\.go:\d+\)`)

// TestForgottenRoutesAreFound runs the command that a deployment runs, before
// the forgotten routes are mended and after, and holds the lock file against
// the one that was reviewed.
func TestForgottenRoutesAreFound(t *testing.T) {
	db := newConfigured(t)
	run := func(mended bool, args ...string) (int, string) {
		var out bytes.Buffer
		app := commands.App{Name: "app", Stdout: &out, Stderr: &out,
			Database: func() (*gorm.DB, error) { return db, nil },
			Routes: func() (*ginauth.Auth, error) {
				_, auth := legacyapp.After(db, sitetest.JWTKey, oldSecret, mended)
				return auth, nil
			}}
		return commands.Main(t.Context(), args, app), out.String()
	}
	code, out := run(false, "check", "--reasons")
	if code != 1 {
		t.Errorf("check of the open routes: %d", code)
	}
	for _, path := range forgotten {
		if !strings.Contains(out, path) {
			t.Errorf("%s was not found:\n%s", path, out)
		}
	}
	if !strings.HasSuffix(out, "app: findings: 4\n") {
		t.Errorf("%s", out)
	}
	page, err := os.ReadFile("../../../docs/from-gin-jwt.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.TrimSuffix(out, "app: findings: 4\n")) {
		shown := declared.ReplaceAllString(line, "(declared at app/app.go:77)")
		if shown == line || !strings.Contains(string(page), "\n"+shown) {
			t.Errorf("the page does not show %s", shown)
		}
	}
	lock, err := filepath.Abs("testdata/policies.lock")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		run(true, "routes", "--lock", lock)
	}
	if code, out := run(true, "check", "--reasons", "--lock", lock); code != 0 {
		t.Errorf("check of the mended routes: %d\n%s", code, out)
	}
	code, out = run(false, "check", "--lock", lock)
	for _, path := range forgotten {
		if code != 1 || !strings.Contains(out, path+" ") {
			t.Errorf("the lock file misses that %s was opened: %d\n%s", path, code, out)
		}
	}
}

func init() { gin.SetMode(gin.ReleaseMode) }
