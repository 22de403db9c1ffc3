package secrecy_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// serve builds the application with every way in.
func (w *world) serve() {
	w.Helper()
	secretKey := models.Secret(w.secret("SECRET_KEY", "django-secret-key-of-this-test-0123456789"))
	people.Create(w, w.db, models.SecretKeys{secretKey}, models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1}, password.Legacy("md5")}})
	for _, name := range []string{"alice", "inactive"} {
		w.secret("the password of "+name, people.Password(name))
	}
	session := policies.Session(w.db, policies.SessionConfig{InsecureCookie: true})
	config := jwt.Config{
		Key:                 jwt.HS256([]byte(w.secret("the JWT key", "jwt-signing-key-of-this-test-0123456789"))),
		RotateRefreshTokens: true, BlacklistAfterRotation: true,
	}
	engine := gin.New()
	engine.Use(gin.Logger())
	_ = engine.SetTrustedProxies(nil) // nil is always accepted
	w.trail = audit.New(w.db, audit.Config{Kinds: append(audit.DefaultKinds(), ginauth.LoginHeld,
		ginauth.RequestRefused, ginauth.RequestThrottled, ginauth.RequestFailed, ginauth.RequestPassed, ginauth.StoreFailed)})
	auth := ginauth.New(engine, ginauth.Logger(slog.Default()), ginauth.Observers(w, w.trail), ginauth.AuthenticationClasses(policies.Token(w.db), policies.Basic(w.db)))
	me := func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) }
	for path, class := range map[string]ginauth.Authenticator{
		"/token":   policies.Token(w.db),
		"/access":  policies.AccessToken(w.db, policies.AccessTokenConfig{ImportedKeyword: "Token"}),
		"/basic":   policies.Basic(w.db),
		"/session": session,
		"/jwt":     jwt.NewAuthenticator(w.db, config),
		"/remote": policies.RemoteUser(w.db, policies.RemoteUserConfig{
			Header: "X-Remote-User", Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
		}),
	} {
		group := auth.With(engine, ginauth.AuthenticationClasses(class))
		group.GET(path, me)
		group.POST(path, me)
	}
	auth.With(engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(w.db))).GET("/apikey", me)
	unthrottled := []ginauth.Rule{ginauth.NoThrottles()}
	handlers.MountObtainAuthToken(auth, engine, "/obtain", w.db, handlers.ObtainAuthTokenConfig{Rules: unthrottled})
	handlers.MountAccessTokens(auth, engine, "/tokens", w.db)
	handlers.MountSession(auth, engine, "/session", session, handlers.SessionConfig{Rules: unthrottled})
	jwt.Mount(auth, engine, jwt.Endpoints{
		Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify", Blacklist: "/jwt/blacklist", Sliding: "/jwt/sliding",
		Rules: unthrottled,
	}, w.db, config)
	w.handler = engine
}

// steps use and misuse every kind of credential. Each is passed the status that
// right credentials get.
var steps = map[string]func(w *world, status int){
	"a password":      (*world).password,
	"DRF's token":     (*world).token,
	"a session":       (*world).session,
	"JSON web tokens": (*world).jwt,
	"an API key":      (*world).apiKey,
	"access tokens":   (*world).accessToken,
}

func (w *world) login(password string) map[string]string {
	return map[string]string{"username": "alice", "password": password}
}

func (w *world) password(status int) {
	right := w.secrets["the password of alice"]
	wrong := w.secret("a wrong password", "wrong-porridge")
	w.expect(w.send("GET", "/basic", nil, basic("alice", right)), status)
	w.send("GET", "/basic", nil, basic("alice", wrong))
	w.send("GET", "/basic", nil, basic("inactive", w.secrets["the password of inactive"]))
	w.send("GET", "/basic", nil, basic("nobody", wrong))
	w.send("GET", "/basic", nil, "Authorization: Basic "+w.secret("credentials that are malformed", "bWFsZm9ybWVk"))
	for _, path := range []string{"/obtain", "/session/login", "/jwt/pair", "/jwt/sliding"} {
		w.send("POST", path, w.login(wrong))
		w.send("POST", path, w.login(right))
	}
}

func (w *world) token(status int) {
	w.send("GET", "/token", nil, "Authorization: Token "+w.secret("a token that nobody has", strings.Repeat("0123456789", 4)))
	if status == http.StatusOK {
		w.secret("the token", w.expect(w.send("POST", "/obtain", w.login(w.secrets["the password of alice"])), status).Text(w, "token"))
	}
	w.expect(w.send("GET", "/token", nil, "Authorization: Token "+w.secrets["the token"]), status)
	w.send("GET", "/token", nil, "Authorization: Token "+w.secrets["the token"]+" x")
	w.send("GET", "/token", nil, "Authorization: Bearer "+w.secrets["the token"])
}

func (w *world) session(status int) {
	if status == http.StatusOK {
		a := w.send("GET", "/session/csrf", nil)
		first := w.secret("a CSRF token", a.Text(w, "csrftoken"))
		a = w.expect(w.send("POST", "/session/login", w.login(w.secrets["the password of alice"]),
			"Cookie: csrftoken="+a.Cookie("csrftoken"), "X-CSRFToken: "+first), status)
		w.secret("the session key", a.Cookie("sessionid"))
		w.secret("the CSRF secret", a.Cookie("csrftoken"))
	}
	cookies := "Cookie: sessionid=" + w.secrets["the session key"] + "; csrftoken=" + w.secrets["the CSRF secret"]
	w.expect(w.send("GET", "/session", nil, cookies), status)
	w.expect(w.send("POST", "/session", nil, cookies, "X-CSRFToken: "+w.secrets["the CSRF secret"]), status)
	w.send("POST", "/session", nil, cookies, "X-CSRFToken: "+w.secret("a CSRF token that is wrong", strings.Repeat("w", 32)))
	w.send("POST", "/session", nil, cookies, "Origin: https://"+w.secret("a foreign origin", "evil.example"))
	w.send("GET", "/session", nil, "Cookie: sessionid="+w.secret("a session that nobody has", strings.Repeat("s", 32)))
}

func (w *world) jwt(status int) {
	if status == http.StatusOK {
		a := w.expect(w.send("POST", "/jwt/pair", w.login(w.secrets["the password of alice"])), status)
		w.secret("the access token", a.Text(w, "access"))
		used := w.secret("the refresh token that was used", a.Text(w, "refresh"))
		a = w.expect(w.send("POST", "/jwt/refresh", map[string]string{"refresh": used}), status)
		w.secret("the refresh token", a.Text(w, "refresh"))
		w.secret("the signature of the refresh token", w.secrets["the refresh token"][strings.LastIndex(w.secrets["the refresh token"], ".")+1:])
	}
	w.expect(w.send("GET", "/jwt", nil, "Authorization: Bearer "+w.secrets["the access token"]), status)
	used := w.secrets["the refresh token that was used"]
	for _, path := range []string{"/jwt/refresh", "/jwt/verify", "/jwt/blacklist"} {
		w.send("POST", path, map[string]string{"refresh": used, "token": used})
	}
	w.send("GET", "/jwt", nil, "Authorization: Bearer "+w.secrets["the refresh token"])
	w.send("GET", "/jwt", nil, "Authorization: Bearer "+w.secret("a forged token", w.secrets["the access token"][:60]+"forged"))
}

func (w *world) apiKey(status int) {
	if status == http.StatusOK {
		key, err := apikey.Create(w.Context(), w.db, &apikey.Key{Name: "build"})
		if err != nil {
			w.Fatal(err)
		}
		w.secret("the API key", string(key))
	}
	w.expect(w.send("GET", "/apikey", nil, "Authorization: Api-Key "+w.secrets["the API key"]), status)
	wrong := w.secret("a wrong API key", strings.Repeat("wrongkey", 4))
	w.send("GET", "/apikey", nil, "Authorization: Api-Key "+w.secrets["the API key"][:9]+wrong)
}

func (w *world) accessToken(status int) {
	password := basic("alice", w.secrets["the password of alice"])
	if status == http.StatusOK {
		body := map[string]any{"name": "build", "scopes": []string{"*"}, "expires_in": "never"}
		a := w.expect(w.send("POST", "/tokens", body, password), http.StatusCreated)
		old := w.secret("the access token's old secret", a.Text(w, "token"))
		a = w.expect(w.send("POST", "/tokens/"+a.Text(w, "id")+"/rotate", nil, password), status)
		w.secret("the access token of the table", a.Text(w, "token"))
		w.send("GET", "/access", nil, "Authorization: Bearer "+old)
		w.search("the list of tokens", w.expect(w.send("GET", "/tokens", nil, password), status).Body.String())
	}
	w.expect(w.send("GET", "/access", nil, "Authorization: Bearer "+w.secrets["the access token of the table"]), status)
	w.send("GET", "/access", nil, "Authorization: Bearer "+w.secret("a malformed access token", "gat1_malformed-token"))
	w.send("GET", "/access", nil, "Authorization: Token "+w.secret("a key that nobody has imported", strings.Repeat("abcdef", 6)))
	w.send("POST", "/tokens", map[string]any{"name": "build", "scopes": []string{"*"}, "expires_in": 60}, password)
}

func basic(name, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return "Authorization: " + r.Header.Get("Authorization")
}

// TestNoSecretIsTold runs every step with a database and then without one, and
// searches everything that was logged.
func TestNoSecretIsTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newWorld(t, db)
		w.serve()
		for name, step := range steps {
			t.Run(name, func(*testing.T) { step(w, http.StatusOK) })
		}
		w.printRows()
		w.endEverything()
		w.searchTrail()
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		for name, step := range steps {
			t.Run(name+" without a database", func(*testing.T) { step(w, http.StatusServiceUnavailable) })
		}
		logged := w.log.String()
		// that everything is logged
		for _, proof := range []string{
			"request refused", "request failed", "INSERT INTO", "[GIN]",
			"Kind:login_succeeded", "Kind:login_failed", "Kind:credential_issued", "Kind:credential_rotated", "Kind:request_failed",
		} {
			if !strings.Contains(logged, proof) {
				t.Errorf("nothing was logged of %q", proof)
			}
		}
		if len(w.secrets) < 20 {
			t.Errorf("only %d secrets were searched for", len(w.secrets))
		}
		w.search("the log", logged)
	})
}

// searchTrail searches every row of the audit trail.
func (w *world) searchTrail() {
	w.Helper()
	if err := w.trail.Close(w.Context()); err != nil {
		w.Error(err)
	}
	kinds := map[ginauth.EventKind]bool{}
	for entry, err := range audit.List(w.Context(), w.db, audit.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		kinds[entry.Kind] = true
		w.search("the audit trail", fmt.Sprintf("%+v", entry))
	}
	if len(kinds) < 2 {
		w.Errorf("the audit trail has only the kinds %v", kinds)
	}
}

// printRows prints every row of every table that has a model.
func (w *world) printRows() {
	w.Helper()
	silent := w.db.Session(&gorm.Session{NewDB: true, Logger: w.db.Logger.LogMode(1)})
	for _, rows := range []any{
		&[]*models.User{}, &[]*models.Token{}, &[]*apikey.Key{}, &[]*session.Session{},
		&[]models.User{}, &[]models.Token{}, &[]apikey.Key{}, &[]session.Session{},
	} {
		if err := silent.Find(rows).Error; err != nil {
			w.Error(err)
		}
		w.show(rows)
	}
	for name, hash := range w.hashes(silent) {
		w.secret("the hash of "+name, hash)
	}
}

// hashes returns the stored password hashes.
func (w *world) hashes(db *gorm.DB) map[string]string {
	var users []models.User
	if err := db.Find(&users).Error; err != nil {
		w.Error(err)
	}
	hashes := map[string]string{}
	for _, user := range users {
		hashes[user.Username] = string(user.Password)
	}
	return hashes
}

// endEverything revokes all credentials, and makes everything fail that can.
func (w *world) endEverything() {
	w.Helper()
	users, err := models.UsersOf(w.db)
	if err != nil {
		w.Fatal(err)
	}
	alice, err := users.ByUsername(w.Context(), "alice")
	if err != nil {
		w.Fatal(err)
	}
	w.show(alice)
	err = errors.Join(
		users.RevokeAll(w.Context(), alice),
		users.SetPassword(w.Context(), alice, w.secret("the new password", "another-porridge")),
	)
	if err != nil {
		w.Error(err)
	}
	twice := models.CreateUser(w.Context(), w.db, &models.User{Username: "alice"}, w.secret("a password that is not stored", "third-porridge"))
	if twice == nil {
		w.Error("two users have one name")
	} else {
		w.search("the error of a name that is taken", twice.Error())
	}
}
