package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
)

const otpKey = "12345678901234567890"

// right stands for the code that the device shows when it is sent.
const right = "right"

// door is a site with every way in that takes a password.
type door struct{ *sitetest.Site }

func newDoor(t *testing.T, url string, settings ...gorm.Plugin) *door {
	t.Helper()
	d := &door{}
	db := dbtest.Open(t, url)
	people.Configure(t, db, append(settings, login.Requirements{
		InsecureIgnored: []string{"mfa_authenticator"},
		Locks:           []login.Lock{requirements.Axes{Parameters: [][]string{{"username"}}}},
		All:             []login.Requirement{requirements.AllauthEmail{}, requirements.DjangoOTP{}},
	})...)
	d.Site = sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
	rules := []ginauth.Rule{ginauth.NoThrottles()}
	handlers.MountObtainAuthToken(d.Auth, d.Engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(d.Auth, d.Engine, "/session", policies.Session(db), handlers.SessionConfig{InsecureWithoutCSRF: true, Rules: rules})
	jwt.Mount(d.Auth, d.Engine, jwt.Endpoints{Pair: "/pair", Sliding: "/sliding", ForOthers: true, Rules: rules}, db,
		jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 32)))})
	passwords := logins.Of(policies.Session(db).Sessions().Users()) // a way in of an application
	d.Auth.With(d.Engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny)).POST("/own", func(c *gin.Context) {
		var given struct{ Username, Password, Code string }
		if err := c.ShouldBindJSON(&given); err != nil {
			t.Error(err)
		}
		_, err := passwords.Authenticate(c, login.Credentials{
			Username: given.Username, Password: models.Secret(given.Password), Code: models.Secret(given.Code),
		})
		if err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.Status(http.StatusOK)
	})
	d.Engine.GET("/me", sitetest.Me)
	if findings := d.Auth.Check(); len(findings) > 0 {
		t.Error(findings)
	}
	return d
}

// try logs in, and returns the status with the code of the body, if it has one.
func (d *door) try(way, name, password, code string) string {
	if code == right {
		code = djangologin.Code(otpKey, time.Now())
	}
	var answer sitetest.Answer
	if way == "basic" {
		answer = d.Do(http.MethodGet, "/me", sitetest.Password(name, password), "")
	} else {
		answer = d.Do(http.MethodPost, "/"+way, sitetest.Anonymous, fmt.Sprintf(`{"username":%q,"password":%q,"code":%q}`, name, password, code))
	}
	_, rest, found := strings.Cut(answer.Body.String(), `"code":"`)
	if !found || answer.Code == 200 {
		return fmt.Sprint(answer.Code)
	}
	code, _, _ = strings.Cut(rest, `"`)
	return fmt.Sprint(answer.Code, " ", code)
}

// TestEveryWayInAsks checks what every way in answers to every kind of user,
// with every kind of code, and that a refusal leaves no trace of a login.
func TestEveryWayInAsks(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		people.Create(t, db)
		djangologin.Migrate(t, db)
		prepare := func() {
			djangologin.Clear(t, db)
			for _, name := range []string{"alice", "staff", "root", "inactive"} {
				djangologin.Email(t, db, people.Named(t, db, name).ID, name+"@example.com", true)
			}
			djangologin.TOTPDevice(t, db, people.Named(t, db, "alice").ID, otpKey)
			djangologin.StaticDevice(t, db, people.Named(t, db, "staff").ID, true)
			djangologin.Exec(t, db, "DELETE FROM authtoken_token")
			djangologin.Exec(t, db, "DELETE FROM django_session")
		}
		d := newDoor(t, url, logins.Limits{InsecureUnlimited: true})
		all := func(status, code string) map[string]string {
			return map[string]string{"basic": status + code, "token": status + code, "session/login": status + code,
				"pair": status + code, "sliding": status + code, "own": status + code}
		}
		otherwise := func(want map[string]string, ways ...string) map[string]string {
			for i := 0; i < len(ways); i += 2 {
				want[ways[i]] = ways[i+1]
			}
			return want
		}
		wrong := otherwise(all("401", ""), "token", "400", "session/login", "400", "own", "403")
		codes := func(code string) map[string]string {
			return otherwise(all("401 ", code), "session/login", "403 "+code, "own", "403 "+code, "basic", "401 otp_required")
		}
		for _, row := range []struct {
			name, user, password, code string
			set                        string
			want                       map[string]string
		}{
			{name: "no device", user: "root", password: "root-pw", want: all("200", "")},
			{name: "no device, a code", user: "root", password: "root-pw", code: right, want: all("200", "")},
			{name: "no code", user: "alice", password: "alice-pw", want: codes("otp_required")},
			{name: "a wrong code", user: "alice", password: "alice-pw", code: "000000", want: codes("otp_invalid")},
			{name: "the right code", user: "alice", password: "alice-pw", code: right, want: otherwise(all("200", ""), "basic", "401 otp_required")},
			{name: "a replayed code", user: "alice", password: "alice-pw", code: right, want: codes("otp_invalid"),
				set: "UPDATE otp_totp_totpdevice SET last_t = 1000000000"},
			{name: "a throttled device", user: "alice", password: "alice-pw", code: right, want: otherwise(all("429 ", "otp_throttled"), "basic",
				"401 otp_required"), set: "UPDATE otp_totp_totpdevice SET throttling_failure_count = 9, throttling_failure_timestamp = CURRENT_TIMESTAMP"},
			{name: "a wrong password, the right code", user: "alice", password: "wrong", code: right, want: wrong},
			{name: "an unverified address", user: "bob", password: "bob-pw", want: all("403 ", "email_unverified")},
			{name: "an unverified address, a wrong password", user: "bob", password: "wrong", want: wrong},
			{name: "another device", user: "staff", password: "staff-pw", code: right, want: all("403 ", "otp_unsupported")},
			{name: "inactive", user: "inactive", password: "inactive-pw", code: right, want: wrong},
			{name: "unknown", user: "nobody", password: "nobody-pw", code: right, want: wrong},
			{name: "locked out", user: "root", password: "root-pw", want: all("403 ", "locked_out"), set: lockOut("root")},
			{name: "locked out, a wrong password", user: "root", password: "wrong", want: all("403 ", "locked_out"), set: lockOut("root")},
			{name: "locked out, unknown", user: "nobody", password: "wrong", want: all("403 ", "locked_out"), set: lockOut("nobody")},
			{name: "a broken device", user: "alice", password: "alice-pw", code: right, want: all("503", ""),
				set: "UPDATE otp_totp_totpdevice SET digits = 1"},
		} {
			for way, want := range row.want {
				prepare()
				if row.set != "" {
					djangologin.Exec(t, db, row.set)
				}
				before := snapshot(t, db, row.user)
				got := d.try(way, row.user, row.password, row.code)
				if got != want {
					t.Errorf("%s at %s: got %q, want %q", row.name, way, got, want)
				}
				if after := snapshot(t, db, row.user); got != "200" && after != before {
					t.Errorf("%s at %s: refused, but %s became %s", row.name, way, before, after)
				}
			}
		}
	})
}

func lockOut(name string) string {
	return `INSERT INTO axes_accessattempt (user_agent, ip_address, username, http_accept, path_info, attempt_time, get_data, post_data,
		failures_since_start) VALUES ('', NULL, '` + name + `', '', '', '2026-01-01 00:00:00+00:00', '', '', 3)`
}

// snapshot tells what a login leaves behind.
func snapshot(t *testing.T, db *gorm.DB, name string) string {
	t.Helper()
	var s struct {
		Tokens, Sessions, Outstanding int
		Hash, LastLogin               string
	}
	err := db.Raw(`SELECT (SELECT COUNT(*) FROM authtoken_token) AS tokens, (SELECT COUNT(*) FROM django_session) AS sessions,
		(SELECT COUNT(*) FROM token_blacklist_outstandingtoken) AS outstanding,
		(SELECT password FROM auth_user WHERE username = ?) AS hash,
		(SELECT CAST(last_login AS text) FROM auth_user WHERE username = ?) AS last_login`, name, name).Scan(&s).Error
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v", s)
}

// TestCodesAreLimited checks that codes are guessed no faster than passwords,
// and that a refused login clears no failures and makes no network known.
func TestCodesAreLimited(t *testing.T) {
	url := dbtest.SQLite(t)
	db := dbtest.Open(t, url)
	people.Create(t, db)
	djangologin.Migrate(t, db)
	alice := people.Named(t, db, "alice")
	djangologin.Email(t, db, alice.ID, "alice@example.com", true)
	djangologin.TOTPDevice(t, db, alice.ID, otpKey)
	unthrottle := func() { djangologin.Exec(t, db, "UPDATE otp_totp_totpdevice SET throttling_failure_count = 0") }
	store := logins.NewMemoryStore()
	d := newDoor(t, url, logins.Limits{Store: store})
	for i := range 20 {
		if got := d.try("pair", "alice", "alice-pw", ""); got != "401 otp_required" {
			t.Fatalf("attempt %d without a code: %s", i, got)
		}
	}
	for i := range 5 {
		unthrottle()
		if got := d.try("pair", "alice", "alice-pw", "000000"); got != "401 otp_invalid" {
			t.Fatalf("guess %d: %s", i, got)
		}
		if got := d.try("pair", "alice", "alice-pw", ""); i < 4 && got != "401 otp_required" {
			t.Fatalf("attempt %d without a code: %s", i, got)
		}
	}
	unthrottle()
	for _, code := range []string{right, "000000", ""} {
		if got := d.try("pair", "alice", "alice-pw", code); got != "429" {
			t.Errorf("after five guesses, %q: %s", code, got)
		}
	}
	for c, err := range store.Counters(t.Context(), loginstore.Filter{}) {
		if err != nil || !c.Known.IsZero() {
			t.Errorf("a refused login made a network known: %+v, %v", c, err)
		}
	}
}
