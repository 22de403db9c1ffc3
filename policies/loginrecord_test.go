package policies_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
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
func (s *site) login(t *testing.T, session *policies.SessionAuth, name string, edit map[string]any, factors ...login.Factor) []string {
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

// pairOf returns tokens of a login of alice.
func pairOf(t *testing.T, db *gorm.DB, config jwt.Config, factors []login.Factor) jwt.Issued {
	t.Helper()
	pair, err := jwt.NewIssuer(db, config).Pair(t.Context(), people.Named(t, db, "alice"), factors...)
	if err != nil {
		t.Fatal(err)
	}
	return pair
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
			jwt.NewAuthenticator(db, jwt.Config{Key: config.Key, HeaderTypes: []string{"JWT"}}), policies.OAuth2Token(db))
		otp, at := login.Factor{Method: login.MethodOTP}, func(ago time.Duration) map[string]any {
			return map[string]any{"_ginauth_login_time": time.Now().Add(-ago).Unix()}
		}
		pwd := login.Factor{Method: login.MethodPassword}
		alice := people.Named(t, db, "alice")
		oauthtest.Create(t, db, oauthtest.V4)
		oauthtest.Insert(t, db, oauthtest.V4, oauthtest.Row{Token: "oauth", User: alice.ID, Scope: "read"})
		djangologin.Migrate(t, db)
		djangologin.Authenticator(t, db, alice.ID, "12345678901234567890") // 1
		djangologin.Authenticator(t, db, people.Named(t, db, "staff").ID, "09876543210987654321")
		django := func(allauth string) map[string]any { // a session that began there
			if allauth = "[" + allauth + "]"; strings.Contains(allauth, "%") {
				allauth = fmt.Sprintf(allauth, time.Now().Unix()-1)
			}
			return map[string]any{"_ginauth_login_time": nil, "account_authentication_methods": json.RawMessage(allauth)}
		}
		token := func(factors ...login.Factor) []string {
			return []string{"Authorization: JWT " + pairOf(t, db, config, factors).Access}
		}
		refreshed := func(factors ...login.Factor) []string {
			pair, err := jwt.NewIssuer(db, config).Refresh(t.Context(), pairOf(t, db, config, factors).Refresh)
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
			{"Django's", s.login(t, session, "alice", django("")), "403 403 403 403 403 200 404 403 403"},
			{"allauth's, password", s.login(t, session, "alice", django(`{"method":"password","at":%d.5}`)), "200 403 403 403 403 200 404 403 200"},
			{"allauth's, code", s.login(t, session, "alice", django(`{"method":"password","at":%d.5},{"method":"mfa","at":%[1]d.7,"id":1,"type":"totp"}`)),
				"200 200 403 200 200 403 200 200 200"},
			{"allauth's, code of another", s.login(t, session, "alice", django(`{"method":"mfa","at":%d.5,"id":2,"type":"totp"}`)),
				"403 403 403 403 403 200 404 403 403"},
			{"session of the staff", s.login(t, session, "staff", nil), "200 403 403 403 200 200 404 403 200"},
			{"basic", []string{"Authorization: " + basic("alice:alice-pw")}, "200 403 200 403 403 200 404 403 200"},
			{"DRF's token", []string{"Authorization: Token " + s.keys["alice"]}, "403 403 403 403 403 200 404 403 403"},
			{"access token", []string{"Authorization: Bearer " + s.AccessToken("alice", models.AllScopes)}, "403 403 403 403 403 200 404 403 403"},
			{"remote user", []string{"X-Remote-User: alice"}, "403 403 403 403 403 200 404 403 403"},
			{"JSON web token", token(pwd), "403 403 403 403 403 200 404 403 403"},
			{"JSON web token, code", token(pwd, otp), "200 200 200 200 200 403 200 200 200"},
			{"refreshed", refreshed(pwd), "403 403 403 403 403 200 404 403 403"},
			{"refreshed, code", refreshed(pwd, otp), "200 200 200 200 200 403 200 200 200"},
			{"OAuth 2 token", []string{"Authorization: Bearer oauth"}, "403 403 403 403 403 403 403 403 403"}, // no route asks for its scope
			{"API key", []string{"Authorization: Api-Key " + s.APIKey()}, "403 403 403 403 403 200 404 403 403"},
			{"API key, session", append(s.login(t, session, "alice", nil, otp), "Authorization: Api-Key "+s.APIKey()),
				"200 200 403 200 200 403 200 200 200"},
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
		cookie := s.login(t, policies.Session(db), "alice", nil, login.Factor{Method: login.MethodOTP, Device: "otp_totp.totpdevice/7"})
		s.ask("GET", "/otp", "", cookie...) // sees the tables
		for _, row := range []struct {
			change, want string
			statements   int
		}{
			{"", "200 200", 3},
			{"UPDATE otp_totp_totpdevice SET confirmed = false", "200 403", 3},
			{"UPDATE otp_totp_totpdevice SET confirmed = true", "200 200", 3},
			{"UPDATE otp_totp_totpdevice SET user_id = (SELECT id FROM auth_user WHERE username = 'staff')", "200 403", 3},
			{"DELETE FROM otp_totp_totpdevice", "200 403", 3},
			{"ALTER TABLE otp_totp_totpdevice RENAME TO gone", "200 503", 3},
		} {
			if row.change != "" {
				if err := db.Exec(row.change).Error; err != nil {
					t.Fatal(err)
				}
			}
			counter.Statements()
			got := s.ask("GET", "/recent", "", cookie...).String()[:3] + " " + s.ask("GET", "/otp", "", cookie...).String()[:3]
			if n := counter.Statements(); got != row.want || n != row.statements {
				t.Errorf("%s: %s by %d statements, want %s by %d", row.change, got, n, row.want, row.statements)
			}
		}
	})
}
