package policies_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/policies"
)

// plainSite returns a site with the routes of MountSession and a proxy at
// 10.0.0.1, and the log of its sessions.
func plainSite(t *testing.T, config policies.SessionConfig) (engine *gin.Engine, auth *ginauth.Auth, log *bytes.Buffer) {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	log = &bytes.Buffer{}
	config.Logger = slog.New(slog.NewTextHandler(log, nil))
	engine = gin.New()
	if err := engine.SetTrustedProxies([]string{"10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	session := policies.Session(db, config)
	auth = ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.AuthenticationClasses(session))
	engine.GET("/me", func(*gin.Context) {})
	handlers.MountSession(auth, engine, "/session", session, handlers.SessionConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}})
	return engine, auth, log
}

// TestPlainHTTPIsExplained checks that the log says once why requests are
// refused, and only where plain HTTP can be the reason. The refusal itself does
// not change.
func TestPlainHTTPIsExplained(t *testing.T) {
	const secret = "abcdefghijklmnopqrstuvwxyzABCDEF"
	const body = "username=alice&password=alice-pw&csrfmiddlewaretoken=" + secret
	for _, row := range []struct {
		name    string
		config  policies.SessionConfig
		headers string // "Name: value; ..."
		peer    string
		tls     bool
		want    string // in the response
		logged  bool
	}{
		{"without any header", policies.SessionConfig{}, "", "", false, "403 no Referer", true},
		{"a page of plain HTTP", policies.SessionConfig{}, "Origin: http://example.com", "", false,
			"403 does not match any trusted origins", true},
		{"its Referer", policies.SessionConfig{}, "Referer: http://example.com/", "", false, "403 Referer is insecure", true},
		{"without the cookie", policies.SessionConfig{}, "Cookie: x=y;Origin: https://example.com", "", false, "403 CSRF cookie not set", true},
		{"no page, but a right Origin", policies.SessionConfig{}, "Origin: https://example.com", "", false, "200 alice", false},
		{"a trusted proxy", policies.SessionConfig{}, "X-Forwarded-Proto: https;X-Forwarded-For: 203.0.113.1",
			"10.0.0.1:1", false, "403 no Referer", false},
		{"two proxies", policies.SessionConfig{}, "X-Forwarded-Proto: HTTPS, http;X-Forwarded-For: 203.0.113.1",
			"10.0.0.1:1", false, "403 no Referer", false},
		{"a trusted proxy of plain HTTP", policies.SessionConfig{},
			"X-Forwarded-Proto: http;X-Forwarded-For: 203.0.113.1", "10.0.0.1:1", false, "403 no Referer", true},
		{"a proxy that is not trusted", policies.SessionConfig{},
			"X-Forwarded-Proto: https;X-Forwarded-For: 203.0.113.1", "10.0.0.2:1", false, "403 no Referer", true},
		{"a client that claims it", policies.SessionConfig{}, "X-Forwarded-Proto: https", "", false, "403 no Referer", true},
		{"TLS", policies.SessionConfig{}, "", "", true, "403 no Referer", false},
		{"TLS, forged", policies.SessionConfig{}, "Origin: https://evil.example", "", true, "403 does not match", false},
		{"InsecureCookie", policies.SessionConfig{InsecureCookie: true}, "Origin: http://evil.example", "", false, "403 does not match", false},
		{"InsecureCookie, right", policies.SessionConfig{InsecureCookie: true}, "Origin: http://example.com", "", false, "200 alice", false},
		{"the cookie is lost", policies.SessionConfig{CrossOrigin: http.NewCrossOriginProtection()},
			"Origin: http://example.com", "", false, "200 alice", true},
	} {
		engine, _, log := plainSite(t, row.config)
		for range 3 {
			r := httptest.NewRequest(http.MethodPost, "/session/login", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", "csrftoken="+secret)
			for pair := range strings.SplitSeq(row.headers, ";") {
				if name, value, ok := strings.Cut(pair, ": "); ok {
					r.Header.Set(name, value)
				}
			}
			if row.peer != "" {
				r.RemoteAddr = row.peer
			}
			if row.tls {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, r)
			status, text, _ := strings.Cut(row.want, " ")
			if fmt.Sprint(w.Code) != status || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %d %s, want %s", row.name, w.Code, w.Body, row.want)
			}
		}
		lines := strings.Count(log.String(), "\n")
		if row.logged != (lines == 1) || lines > 1 ||
			row.logged && !strings.Contains(log.String(), "level=WARN msg=\"ginauth: a request came over plain HTTP") {
			t.Errorf("%s: logged %s", row.name, log)
		}
		if strings.Contains(log.String(), secret) || strings.Contains(log.String(), "alice") ||
			row.logged && !strings.Contains(log.String(), "set policies.SessionConfig{InsecureCookie: true}") {
			t.Errorf("%s: logged %s", row.name, log)
		}
	}
}

// TestCheckFindsSecureCookiesInDevelopment checks that the finding appears once
// for a site, whether its session is among the classes or mounted.
func TestCheckFindsSecureCookiesInDevelopment(t *testing.T) {
	mode := gin.Mode()
	t.Cleanup(func() { gin.SetMode(mode) })
	for _, row := range []struct {
		mode   string
		config policies.SessionConfig
		want   int
	}{
		{gin.DebugMode, policies.SessionConfig{}, 1},
		{gin.DebugMode, policies.SessionConfig{InsecureCookie: true}, 0},
		{gin.ReleaseMode, policies.SessionConfig{}, 0},
		{gin.TestMode, policies.SessionConfig{}, 0},
	} {
		gin.SetMode(gin.TestMode) // otherwise Gin prints the routes
		_, auth, _ := plainSite(t, row.config)
		gin.SetMode(row.mode)
		findings := auth.Check()
		gin.SetMode(gin.TestMode)
		if len(findings) != row.want || row.want > 0 && !strings.Contains(fmt.Sprint(findings), "set policies.SessionConfig{InsecureCookie: true}") {
			t.Errorf("%s, %v: %v", row.mode, row.config.InsecureCookie, findings)
		}
	}
}
