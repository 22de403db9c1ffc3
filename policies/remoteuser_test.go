package policies_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
)

var proxy = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("::ffff:192.0.2.7/128"), netip.MustParsePrefix("fd00::/8"),
}

// sendFrom sends a request with headers, "Name: value", and returns status and
// body.
func (s *site) sendFrom(peer, path string, headers ...string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = peer
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header[name] = append(r.Header[name], value) // not canonicalized
	}
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"detail":"`), `"}`))
}

func TestRemoteUser(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		remote := policies.RemoteUser(db, policies.RemoteUserConfig{Header: "x-remote-user", Peers: proxy})
		open := ginauth.PermissionClasses(policies.AllowAny)
		s.route("/remote", ginauth.AuthenticationClasses(remote))
		s.route("/open", ginauth.AuthenticationClasses(remote), open)
		s.route("/remote-token", ginauth.AuthenticationClasses(remote, policies.Token(db)))
		s.route("/token-remote", ginauth.AuthenticationClasses(policies.Token(db), remote))
		const trusted = "10.0.0.7:4711"
		const alice, nobody = "200 alice <nil>", "403 Authentication credentials were not provided."
		token := "Authorization: Token " + s.keys["staff"]
		for _, row := range []struct {
			name, peer, path string
			headers          []string
			want             string
		}{
			{"trusted", trusted, "/remote", []string{"X-Remote-User: alice"}, alice},
			{"mapped", "[::ffff:10.0.0.9]:1", "/remote", []string{"X-Remote-User: alice"}, alice},
			{"mapped prefix", "192.0.2.7:1", "/remote", []string{"X-Remote-User: alice"}, alice},
			{"with a zone", "[fd00::1%eth0]:1", "/remote", []string{"X-Remote-User: alice"}, alice},
			{"absent", trusted, "/remote", nil, nobody},
			{"empty", trusted, "/remote", []string{"X-Remote-User: "}, nobody},
			{"forged", "10.0.1.7:1", "/remote", []string{"X-Remote-User: alice"}, nobody},
			{"forged, forwarded", "203.0.113.1:1", "/remote", []string{"X-Remote-User: alice", "X-Forwarded-For: 10.0.0.7"}, nobody},
			{"forged, real ip", "203.0.113.1:1", "/remote", []string{"X-Remote-User: alice", "X-Real-Ip: 10.0.0.7"}, nobody},
			{"forged, v6", "[2001:db8::1]:1", "/remote", []string{"X-Remote-User: alice"}, nobody},
			{"no address", "@", "/remote", []string{"X-Remote-User: alice"}, nobody},
			{"no address at all", "", "/remote", []string{"X-Remote-User: alice"}, nobody},
			{"a name for an address", "10.0.0.7.example.com:1", "/remote", []string{"X-Remote-User: alice"}, nobody},
			{"forged where it may be", "203.0.113.1:1", "/open", []string{"X-Remote-User: alice"}, "200 AnonymousUser <nil>"},
			{"underscores", trusted, "/remote", []string{"X_Remote_User: alice"}, nobody},
			{"some underscores", trusted, "/remote", []string{"X-Remote_User: alice"}, nobody},
			{"underscores beside it", trusted, "/remote", []string{"X_Remote_User: staff", "X-Remote-User: alice"}, alice},
			{"other header", trusted, "/remote", []string{"Remote-User: alice", "Remote_user: alice"}, nobody},
			{"twice", trusted, "/remote", []string{"X-Remote-User: alice", "X-Remote-User: staff"}, "403 Several remote users were named."},
			{"twice the same", trusted, "/open", []string{"X-Remote-User: alice", "X-Remote-User: alice"}, "403 Several remote users were named."},
			{"twice, forged", "203.0.113.1:1", "/remote", []string{"X-Remote-User: alice", "X-Remote-User: staff"}, nobody},
			{"joined", trusted, "/remote", []string{"X-Remote-User: alice,staff"}, nobody},
			{"case", trusted, "/remote", []string{"X-Remote-User: Alice"}, nobody},
			{"inactive", trusted, "/open", []string{"X-Remote-User: inactive"}, "200 AnonymousUser <nil>"},
			{"unknown", trusted, "/remote", []string{"X-Remote-User: erin"}, nobody},
			{"NUL", trusted, "/remote", []string{"X-Remote-User: alice\x00"}, nobody},
			{"no UTF-8", trusted, "/remote", []string{"X-Remote-User: \xe9lodie"}, nobody},
			{"long", trusted, "/remote", []string{"X-Remote-User: " + strings.Repeat("x", 1<<20)}, nobody},
			{"SQL", trusted, "/remote", []string{"X-Remote-User: ' OR '1'='1"}, nobody},
			{"before a token", trusted, "/remote-token", []string{"X-Remote-User: alice", token}, alice},
			{"after a token", trusted, "/token-remote", []string{"X-Remote-User: alice", token}, "200 staff *models.Token"},
			{"forged, and a token", "203.0.113.1:1", "/remote-token", []string{"X-Remote-User: alice", token}, "200 staff *models.Token"},
			{"inactive, and a token", trusted, "/remote-token", []string{"X-Remote-User: inactive", token}, "200 staff *models.Token"},
		} {
			if got := s.sendFrom(row.peer, row.path, row.headers...); got != row.want {
				t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
			}
		}
	})
}

func TestRemoteUserCreatesUnknownUsers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		s.route("/remote", ginauth.AuthenticationClasses(policies.RemoteUser(db, policies.RemoteUserConfig{
			Header: "X-Remote-User", Peers: proxy, CreateUnknownUser: true,
			CleanUsername: func(name string) string { return strings.TrimSuffix(name, "@EXAMPLE.COM") },
			ConfigureUser: func(c *gin.Context, user *models.User) error {
				user.Email = c.GetHeader("X-Remote-Email")
				return nil
			},
		})))
		const trusted, nobody = "10.0.0.7:1", "403 Authentication credentials were not provided."
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				got := s.sendFrom(trusted, "/remote", "X-Remote-User: dora@EXAMPLE.COM", "X-Remote-Email: dora@example.com")
				if got != "200 dora <nil>" {
					t.Error(got)
				}
			})
		}
		all.Wait()
		var doras []models.User
		db.Where("username = ?", "dora").Find(&doras)
		if len(doras) != 1 || doras[0].Email != "dora@example.com" || password.IsUsable(string(doras[0].Password)) || doras[0].IsStaff {
			t.Errorf("%+v", doras)
		}
		var before, after int64
		db.Model(&models.User{}).Count(&before)
		for _, row := range []struct{ peer, name string }{
			{"203.0.113.1:1", "mallory"}, {trusted, ""}, {trusted, "@EXAMPLE.COM"}, {trusted, "a\x00b"}, {trusted, "\xff"},
			{trusted, strings.Repeat("x", 151)}, {trusted, "inactive"},
		} {
			if got := s.sendFrom(row.peer, "/remote", "X-Remote-User: "+row.name); got != nobody {
				t.Errorf("%.20q: %s", row.name, got)
			}
		}
		if db.Model(&models.User{}).Count(&after); after != before {
			t.Errorf("%d users were made", after-before)
		}
	})
}

// TestRemoteUserTakesNoAccountWithAPassword checks that a name registered
// before the proxy assigned it stays the account of the holder of its password
// alone.
func TestRemoteUserTakesNoAccountWithAPassword(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		var log bytes.Buffer
		config := policies.RemoteUserConfig{
			Header: "X-Remote-User", Peers: proxy, CreateUnknownUser: true, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}
		s.route("/safe", ginauth.AuthenticationClasses(policies.RemoteUser(db, config)))
		config.InsecureTakePasswordUsers = true
		s.route("/django", ginauth.AuthenticationClasses(policies.RemoteUser(db, config)))
		config.InsecureTakePasswordUsers, config.CreateUnknownUser = false, false
		s.route("/found", ginauth.AuthenticationClasses(policies.RemoteUser(db, config)))
		const nobody = "403 Authentication credentials were not provided."
		for _, row := range []struct{ path, name, want string }{
			{"/safe", "alice", nobody}, // has a password
			{"/safe", "dora", "200 dora <nil>"},
			{"/safe", "dora", "200 dora <nil>"},
			{"/django", "alice", "200 alice <nil>"},
			{"/django", "dora", "200 dora <nil>"},
			{"/django", "emil", "200 emil <nil>"},
			{"/django", "inactive", nobody}, // inactive
			{"/found", "alice", "200 alice <nil>"},
			{"/found", "frida", nobody},
		} {
			if got := s.sendFrom("10.0.0.7:1", row.path, "X-Remote-User: "+row.name); got != row.want {
				t.Errorf("%s, %s: %s, want %s", row.path, row.name, got, row.want)
			}
		}
		if n := strings.Count(log.String(), "an account of that name has a password"); n != 1 || !strings.Contains(log.String(), "request_id=") {
			t.Errorf("log: %s", &log)
		}
	})
}

// A server that listens on a socket file has peers without an address. The text
// in the address decides nothing.
func TestRemoteUserThroughAUnixSocket(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	s.route("/socket", ginauth.AuthenticationClasses(
		policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", UnixSocket: true})))
	s.route("/address", ginauth.AuthenticationClasses(policies.RemoteUser(db,
		policies.RemoteUserConfig{Header: "X-Remote-User", Peers: proxy})))
	path := filepath.Join(t.TempDir(), "http.sock")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s.Engine}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	for path, want := range map[string]int{"/socket": 200, "/address": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://socket"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Remote-User", "alice")
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
	}
	for _, peer := range []string{"@", "", "/tmp/x", "10.0.0.7:1"} {
		if got := s.sendFrom(peer, "/socket", "X-Remote-User: alice"); !strings.HasPrefix(got, "403") {
			t.Errorf("%q passes for a socket: %s", peer, got)
		}
	}
}

func TestForgedHeadersAreLogged(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	var log bytes.Buffer
	s.route("/remote", ginauth.AuthenticationClasses(policies.RemoteUser(db, policies.RemoteUserConfig{
		Header: "X-Remote-User", Peers: proxy, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})))
	s.sendFrom("10.0.0.7:1", "/remote", "X-Remote-User: alice")
	s.sendFrom("203.0.113.1:1", "/remote")
	if log.Len() > 0 {
		t.Errorf("nothing was forged: %s", &log)
	}
	s.sendFrom("203.0.113.1:1", "/remote", "X-Remote-User: mallory")
	if text := log.String(); !strings.Contains(text, "peer=203.0.113.1:1 request_id=") || strings.Contains(text, "mallory") {
		t.Errorf("log: %s", text)
	}
}

func TestRemoteUserWrongWiringPanics(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	trust := func(prefix netip.Prefix) []netip.Prefix { return []netip.Prefix{prefix} }
	for name, wire := range map[string]func(){
		"no peers":     func() { policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User"}) },
		"no header":    func() { policies.RemoteUser(db, policies.RemoteUserConfig{Peers: proxy}) },
		"underscore":   func() { policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X_Remote_User", Peers: proxy}) },
		"header value": func() { policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User: ", Peers: proxy}) },
		"everybody": func() {
			policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: trust(netip.MustParsePrefix("0.0.0.0/0"))})
		},
		"everybody, v6": func() {
			policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: trust(netip.MustParsePrefix("::/0"))})
		},
		"everybody, mapped": func() {
			policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: trust(netip.MustParsePrefix("::ffff:0.0.0.0/96"))})
		},
		"zero prefix": func() { policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: trust(netip.Prefix{})}) },
		"no effect": func() {
			policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X", Peers: proxy, InsecureTakePasswordUsers: true})
		},
		"no database":    func() { policies.RemoteUser(nil, policies.RemoteUserConfig{Header: "X", Peers: proxy}) },
		"keys, database": func() { policies.HasAPIKey(nil) },
		"keys, header":   func() { policies.HasAPIKey(db, "X Api") },
		"keys, configs":  func() { policies.HasAPIKey(db, "A", "B") },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "policies: ") {
					t.Errorf("%s: recovered %q", name, message)
				}
			}()
			wire()
		}()
	}
}
