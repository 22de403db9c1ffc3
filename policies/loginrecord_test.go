package policies_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// recorded is a credential of an application that records its login.
type recorded struct {
	ago     time.Duration
	methods []string
	err     error
}

func (r recorded) LoggedInAt(context.Context) (time.Time, error) {
	if r.ago == never {
		return time.Time{}, r.err
	}
	return time.Now().Add(-r.ago), r.err
}

func (r recorded) LoginMethods(context.Context) ([]string, error) { return r.methods, r.err }

const never time.Duration = 1 << 62

// loginRoutes registers a route for each composition of the two classes.
func (s *site) loginRoutes(classes ...ginauth.Authenticator) {
	for path, p := range map[string]ginauth.Permission{
		"/recent":  policies.RecentLogin(10 * time.Minute),
		"/otp":     policies.HasFactor("otp"),
		"/pwd":     policies.HasFactor("pwd"),
		"/all":     policies.All(policies.RecentLogin(10*time.Minute), policies.HasFactor("otp")),
		"/any":     policies.Any(policies.IsAdminUser, policies.HasFactor("otp")),
		"/not":     policies.Not(policies.HasFactor("otp")),
		"/hidden":  policies.Conceal(policies.HasFactor("otp")),
		"/told":    policies.Deny(policies.HasFactor("otp"), "Use your key.", "key"),
		"/drafted": policies.Deny(policies.RecentLogin(10*time.Minute), nil, "sudo"),
	} {
		s.route(path, ginauth.AuthenticationClasses(classes[0], classes[1:]...), ginauth.PermissionClasses(p))
	}
}

// login begins a session of a user and returns its cookie. edit changes what
// the session records, unless it is nil.
func (s *site) login(t *testing.T, session *policies.SessionAuth, name string, edit map[string]any, factors ...models.Factor) []string {
	t.Helper()
	sessions := session.Sessions()
	current, err := sessions.Login(t.Context(), "", people.Named(t, s.DB, name), factors...)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range edit {
		if err := current.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := sessions.Save(t.Context(), current); err != nil {
		t.Fatal(err)
	}
	return []string{"Cookie: sessionid=" + string(current.Key)}
}

// TestLoginRecords is the matrix of credentials, of what they record, and of the
// two classes in their compositions.
func TestLoginRecords(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		session := policies.Session(db, overHTTP)
		own := policies.AuthenticatorFunc("Own", func(c *gin.Context) (*ginauth.Identity, error) {
			kind := c.GetHeader("X-Own")
			if kind == "" {
				return nil, ginauth.ErrNoCredentials
			}
			id := &ginauth.Identity{User: people.Named(t, db, "alice")}
			id.Auth = map[string]any{
				"fresh": recorded{0, []string{"pwd", "otp"}, nil}, "old": recorded{11 * time.Minute, []string{"otp"}, nil},
				"soon": recorded{-20 * time.Second, nil, nil}, "future": recorded{-31 * time.Second, nil, nil},
				"never": recorded{never, nil, nil}, "down": recorded{0, []string{"otp"}, errDown}, "other": 1, "none": nil,
			}[kind]
			return id, nil
		})
		config := jwt.Config{Key: sitetest.JWTKey}
		s.loginRoutes(session, policies.Token(db), policies.Basic(db), policies.AccessToken(db),
			policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", Peers: proxy}), own,
			jwt.NewAuthenticator(db, jwt.Config{Key: config.Key, HeaderTypes: []string{"JWT"}}))
		otp, at := models.Factor{Method: models.MethodOTP}, func(ago time.Duration) map[string]any {
			return map[string]any{"_ginauth_login_time": time.Now().Add(-ago).Unix()}
		}
		pwd := models.Factor{Method: models.MethodPassword}
		token := func(factors ...models.Factor) []string {
			pair, err := jwt.NewIssuer(db, config).Pair(t.Context(), people.Named(t, db, "alice"), factors...)
			if err != nil {
				t.Fatal(err)
			}
			return []string{"Authorization: JWT " + pair.Access}
		}
		for _, row := range []struct {
			name    string
			headers []string
			want    string // the statuses of the paths below
		}{
			{"anonymous", nil, "403 403 403 403 403 200 404 403 403"},
			{"session, unknown factors", s.login(t, session, "alice", nil), "200 403 403 403 403 200 404 403 200"},
			{"session, password", s.login(t, session, "alice", nil, pwd), "200 403 200 403 403 200 404 403 200"},
			{"session, code", s.login(t, session, "alice", nil, pwd, otp), "200 200 200 200 200 403 200 200 200"},
			{"session, code, old", s.login(t, session, "alice", at(11*time.Minute), otp), "403 200 403 403 200 403 200 200 403"},
			{"session, in time", s.login(t, session, "alice", at(9*time.Minute), otp), "200 200 403 200 200 403 200 200 200"},
			{"session, clocks differ", s.login(t, session, "alice", at(-20*time.Second)), "200 403 403 403 403 200 404 403 200"},
			{"session, in the future", s.login(t, session, "alice", at(-time.Minute)), "403 403 403 403 403 200 404 403 403"},
			{"session, far future", s.login(t, session, "alice", map[string]any{"_ginauth_login_time": 1e11}),
				"403 403 403 403 403 200 404 403 403"},
			{"session, text", s.login(t, session, "alice", map[string]any{"_ginauth_login_time": "1"}),
				"403 403 403 403 403 200 404 403 403"},
			{"session of the staff", s.login(t, session, "staff", nil), "200 403 403 403 200 200 404 403 200"},
			{"basic", []string{"Authorization: " + basic("alice:alice-pw")}, "200 403 200 403 403 200 404 403 200"},
			{"DRF's token", []string{"Authorization: Token " + s.keys["alice"]}, "403 403 403 403 403 200 404 403 403"},
			{"access token", []string{"Authorization: Bearer " + s.AccessToken("alice", models.AllScopes)}, "403 403 403 403 403 200 404 403 403"},
			{"remote user", []string{"X-Remote-User: alice"}, "403 403 403 403 403 200 404 403 403"},
			{"JSON web token", token(pwd), "403 403 403 403 403 200 404 403 403"},
			{"JSON web token, code", token(pwd, otp), "200 200 200 200 200 403 200 200 200"},
			{"own", []string{"X-Own: fresh"}, "200 200 200 200 200 403 200 200 200"},
			{"own, old", []string{"X-Own: old"}, "403 200 403 403 200 403 200 200 403"},
			{"own, clocks differ", []string{"X-Own: soon"}, "200 403 403 403 403 200 404 403 200"},
			{"own, in the future", []string{"X-Own: future"}, "403 403 403 403 403 200 404 403 403"},
			{"own, no time", []string{"X-Own: never"}, "403 403 403 403 403 200 404 403 403"},
			{"own, down", []string{"X-Own: down"}, "503 503 503 503 503 503 503 503 503"},
			{"own, no record", []string{"X-Own: other"}, "403 403 403 403 403 200 404 403 403"},
			{"own, nothing", []string{"X-Own: none"}, "403 403 403 403 403 200 404 403 403"},
		} {
			var got []string
			for _, path := range []string{"/recent", "/otp", "/pwd", "/all", "/any", "/not", "/hidden", "/told", "/drafted"} {
				r := httptest.NewRequest("GET", path, nil)
				r.RemoteAddr = "10.0.0.7:1"
				for _, line := range row.headers {
					name, value, _ := strings.Cut(line, ": ")
					r.Header.Add(name, value)
				}
				got = append(got, sitetest.Exchange(s, r).String()[:3])
			}
			if got := strings.Join(got, " "); got != row.want {
				t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
			}
		}
	})
}

// TestWhatARefusalOfALoginSays checks texts and codes.
func TestWhatARefusalOfALoginSays(t *testing.T) {
	for _, row := range []struct {
		p                ginauth.Permission
		name, text, code string
	}{
		{policies.RecentLogin(10 * time.Minute), "RecentLogin(10m0s)", "Log in again to do this.", "recent_login_required"},
		{policies.HasFactor("otp"), "HasFactor(otp)", "Log in with a one-time code to do this.", "factor_required"},
		{policies.HasFactor("hwk"), "HasFactor(hwk)", "Log in with the method hwk to do this.", "factor_required"},
	} {
		d := row.p.(ginauth.Denial)
		if ginauth.Name(row.p) != row.name || d.Message() != row.text || d.Code() != row.code {
			t.Errorf("%s: %v, %s", ginauth.Name(row.p), d.Message(), d.Code())
		}
	}
	for name, wire := range map[string]func(){
		"policies: RecentLogin: ": func() { policies.RecentLogin(0) },
		"not -1s":                 func() { policies.RecentLogin(-time.Second) },
		"policies: HasFactor: ":   func() { policies.HasFactor("") },
		"not one time":            func() { policies.HasFactor("one time") },
		"not \"otp\"":             func() { policies.HasFactor(`"otp"`) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, name) {
					t.Errorf("%q, want %q", message, name)
				}
			}()
			wire()
		}()
	}
}

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
		cookie := s.login(t, session, "alice", nil, models.Factor{Method: models.MethodOTP})
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

// TestALoginRecordOfEachRequest checks that a session's record is read at each
// request, and a device asked for.
func TestALoginRecordOfEachRequest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		for _, statement := range []string{
			`CREATE TABLE otp_totp_totpdevice (id integer PRIMARY KEY, confirmed bool NOT NULL, user_id integer NOT NULL)`,
			`INSERT INTO otp_totp_totpdevice SELECT 7, true, id FROM auth_user WHERE username = 'alice'`,
		} {
			if err := db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		counted, counter := dbtest.Count(db)
		session := policies.Session(counted, overHTTP)
		s.loginRoutes(session)
		cookie := s.login(t, policies.Session(db), "alice", nil, models.Factor{Method: models.MethodOTP, Device: "otp_totp.totpdevice/7"})
		s.ask("GET", "/otp", "", cookie...) // sees the tables
		for _, row := range []struct {
			change, want string
			statements   int
		}{
			{"", "200 200", 5},
			{"UPDATE otp_totp_totpdevice SET confirmed = false", "200 403", 5},
			{"UPDATE otp_totp_totpdevice SET confirmed = true", "200 200", 5},
			{"UPDATE otp_totp_totpdevice SET user_id = (SELECT id FROM auth_user WHERE username = 'staff')", "200 403", 5},
			{"DELETE FROM otp_totp_totpdevice", "200 403", 5},
			{"ALTER TABLE otp_totp_totpdevice RENAME TO gone", "200 503", 5},
		} {
			if row.change != "" {
				if err := db.Exec(row.change).Error; err != nil {
					t.Fatal(err)
				}
			}
			counter.Statements()
			got := s.ask("GET", "/recent", "", cookie...).String()[:3] + " " + s.ask("GET", "/otp", "", cookie...).String()[:3]
			if n := counter.Statements(); got != row.want || n != row.statements {
				t.Errorf("%s: %s by %d statements, want %s", row.change, got, n, row.want)
			}
		}
	})
}

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
