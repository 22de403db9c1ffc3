package ginauth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// TestDecisions checks what the header and the log say that the guard has asked.
func TestDecisions(t *testing.T) {
	gin.SetMode(gin.TestMode)
	defer gin.SetMode(gin.ReleaseMode)
	var log bytes.Buffer
	debug := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Logger(debug), ginauth.InsecureExplainHeader(),
		ginauth.AuthenticationClasses(byHeader{"X"}, fixed{&ginauth.Identity{User: &person{"fixed"}}}))
	with := func(path string, rules ...ginauth.Rule) { auth.With(engine, rules...).GET(path, ok) }
	with("/member", members)
	with("/two", ginauth.PermissionClasses(member, admin))
	with("/broken", ginauth.PermissionClasses(brokenPermission("the host db.internal is gone"), member))
	with("/rate", members, ginauth.ThrottleClasses(told{name: "a", allowed: true}, told{name: "b"}))
	with("/open", public, ginauth.NoAuthentication())
	with("/own/:owner", ginauth.PermissionClasses(ownerOnly{}), ginauth.Object(byPath{}))
	auth.With(engine, ginauth.PermissionClasses(ownerOnly{}), ginauth.ObjectsInHandler()).GET("/handler", func(c *gin.Context) {
		_ = ginauth.CheckObject(c, &document{"alice"})
		ok(c)
	})
	with("/odd", ginauth.PermissionClasses(permission{"Od\"d\r\nX: é\\", anyone.allow}))
	with("/long", ginauth.PermissionClasses(permission{strings.Repeat("é", 2000), anyone.allow}))
	for _, row := range []struct{ path, user, want string }{
		{"/member", "alice", "authentication ByHeader: yes; permission Member: yes; passes"},
		{"/member", "", "authentication ByHeader: no credentials; authentication ginauth_test.fixed: yes; permission Member: yes; passes"},
		{"/member", "bad", "authentication ByHeader: no; 401"},
		{"/member", "broken", "authentication ByHeader: failed; 503"},
		{"/two", "alice", "authentication ByHeader: yes; permission Member: yes; permission Admin: no; 403"},
		{"/broken", "alice", "authentication ByHeader: yes; permission Broken: failed; 503"},
		{"/rate", "alice", "authentication ByHeader: yes; permission Member: yes; throttle a: yes; throttle b: no; 429"},
		{"/open", "alice", "permission Anyone: yes; passes"},
		{"/own/alice", "alice", "authentication ByHeader: yes; permission OwnerOnly: yes; object document by owner: yes; " +
			"permission on the object OwnerOnly: yes; passes"},
		{"/own/eve", "alice", "authentication ByHeader: yes; permission OwnerOnly: yes; object document by owner: yes; " +
			"permission on the object OwnerOnly: no; 403"},
		{"/own/missing", "alice", "authentication ByHeader: yes; permission OwnerOnly: yes; object document by owner: no; 404"},
		{"/handler", "alice", "authentication ByHeader: yes; permission OwnerOnly: yes; object: in the handler; passes"},
		{"/odd", "alice", `authentication ByHeader: yes; permission Od"d\r\nX: \u00e9\\: yes; passes`},
	} {
		log.Reset()
		w := do(engine, "GET", row.path, row.user)
		if got := w.Header().Get("X-Ginauth-Decision"); got != row.want {
			t.Errorf("%s as %q: %s\nwant %s", row.path, row.user, got, row.want)
		}
		steps := row.want[:strings.LastIndex(row.want, "; ")]
		if row.path != "/odd" && !strings.Contains(log.String(), fmt.Sprintf(" decision=%q ", steps)) {
			t.Errorf("%s as %q: the log: %s", row.path, row.user, log.String())
		}
		if n := strings.Count(log.String(), "\n"); n != 1 && row.path != "/broken" {
			t.Errorf("%s as %q: %d lines: %s", row.path, row.user, n, log.String())
		}
	}
	if got := do(engine, "GET", "/long", "alice").Header().Get("X-Ginauth-Decision"); len(got) > 2020 || !strings.HasSuffix(got, "...; passes") {
		t.Errorf("a header of %d bytes", len(got))
	}
	if got := do(engine, "GET", "/none", "").Header().Get("X-Ginauth-Decision"); got != "" {
		t.Errorf("Gin's own 404: %s", got)
	}
}

// TestDecisionsAreTold checks where decisions are told: not in a header unless
// asked for and never in release mode, and in no log above Debug.
func TestDecisionsAreTold(t *testing.T) {
	defer gin.SetMode(gin.ReleaseMode)
	for _, row := range []struct {
		name, mode     string
		option         ginauth.Option
		level          slog.Level
		header, logged bool
	}{
		{"nothing", gin.TestMode, members, slog.LevelInfo, false, false},
		{"the log", gin.TestMode, members, slog.LevelDebug, false, true},
		{"the header", gin.TestMode, ginauth.InsecureExplainHeader(), slog.LevelInfo, true, false},
		{"both", gin.TestMode, ginauth.InsecureExplainHeader(), slog.LevelDebug, true, true},
		{"the header in release mode", gin.ReleaseMode, ginauth.InsecureExplainHeader(), slog.LevelInfo, false, false},
	} {
		gin.SetMode(row.mode)
		var log bytes.Buffer
		engine := gin.New()
		ginauth.New(engine, row.option, ginauth.AuthenticationClasses(byHeader{"X"}), ginauth.Logger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: row.level}))))
		engine.GET("/x", ok)
		for _, user := range []string{"", "alice", "broken"} {
			log.Reset()
			w := do(engine, "GET", "/x", user)
			if told := w.Header().Get("X-Ginauth-Decision") != ""; told != row.header {
				t.Errorf("%s: as %q the header is %t", row.name, user, told)
			}
			if told := strings.Contains(log.String(), "decision="); told != row.logged {
				t.Errorf("%s: as %q the log: %s", row.name, user, log.String())
			}
		}
	}
}

// quotaOfKey is a credential that is a throttle, and prints itself.
type quotaOfKey struct{ told }

func (quotaOfKey) String() string { return "s3cret" }

// TestDecisionsHideCredentials checks that a credential is not named by what it
// prints.
func TestDecisionsHideCredentials(t *testing.T) {
	gin.SetMode(gin.TestMode)
	defer gin.SetMode(gin.ReleaseMode)
	key := quotaOfKey{told{allowed: true}}
	engine := gin.New()
	ginauth.New(engine, ginauth.InsecureExplainHeader(), ginauth.AuthenticationClasses(fixed{&ginauth.Identity{User: &person{"alice"}, Auth: key}}))
	engine.GET("/x", ok)
	const want = "authentication ginauth_test.fixed: yes; permission IsAuthenticated: yes; throttle of the credential: yes; passes"
	if got := do(engine, "GET", "/x", "").Header().Get("X-Ginauth-Decision"); got != want {
		t.Error(got)
	}
}
