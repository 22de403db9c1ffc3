package ginauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// faulty implements every kind of class, has problems, and counts how often it
// is asked for them.
type faulty struct {
	told
	asked *int
	err   func(context.Context) error
	list  []string // makes the value impossible as the key of a map
}

func (f faulty) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.ErrNoCredentials
}
func (f faulty) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (f faulty) Preflight(ctx context.Context) error                         { *f.asked++; return f.err(ctx) }

type wrapping struct{ ginauth.Authenticator }

func (w wrapping) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: w.Authenticator}
}

type composite struct{ ginauth.Permission }

func (c composite) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{All: []ginauth.Permission{c.Permission}}
}

// TestCheckAsksEachClassOnce checks that a class is asked once, wherever it is
// used, and that each of its problems is one finding.
func TestCheckAsksEachClassOnce(t *testing.T) {
	const two = "F: no table (declared at ginauth/preflight_test.go:"
	broken := func(context.Context) error { return errors.Join(errors.New("no table"), nil, errors.New("no key")) }
	asked := 0
	f := &faulty{told: told{name: "F"}, asked: &asked, err: broken}
	value := faulty{told: told{name: "F"}, asked: &asked, err: broken, list: []string{"x"}}
	for name, row := range map[string]struct {
		rule  ginauth.Rule
		asked int
	}{
		"an authenticator":         {ginauth.AuthenticationClasses(f), 1},
		"a wrapped authenticator":  {ginauth.AuthenticationClasses(wrapping{wrapping{f}}), 1},
		"a permission":             {ginauth.PermissionClasses(f), 1},
		"a part of a permission":   {ginauth.PermissionClasses(composite{composite{f}}), 1},
		"a throttle":               {ginauth.ThrottleClasses(f), 1},
		"what is no key of a map":  {ginauth.ThrottleClasses(value), 6},
		"another of the same kind": {ginauth.PermissionClasses(f, &faulty{told: f.told, asked: &asked, err: broken}), 2},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{}))
		first := auth.Group(engine, "/a", row.rule)
		second := auth.Group(engine, "/b", row.rule)
		for _, end := range []string{"/1", "/2", "/3"} {
			first.GET(end, ok)
			second.GET(end, ok)
		}
		asked = 0
		got := findings(auth)
		slices.Sort(got)
		if len(got) != 2 || got[0][:len("GET /a/1: F: no key")] != "GET /a/1: F: no key" || got[1][:len("GET /a/1: "+two)] != "GET /a/1: "+two {
			t.Errorf("%s: %q", name, got)
		}
		if asked != row.asked {
			t.Errorf("%s: asked %d times, want %d", name, asked, row.asked)
		}
		engine.NoRoute(ok)
		auth.NoRoute(row.rule)
		if got := findings(auth); len(got) != 2 || !strings.HasPrefix(got[0], "* (no route): F: no ") {
			t.Errorf("%s, for no route: %q", name, got)
		}
	}
}

// TestTheFirstRequestWaitsForAllClassesTogether checks that the number of
// hanging classes does not matter, and that they are no findings.
func TestTheFirstRequestWaitsForAllClassesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, auth := newEngine()
		asked := 0
		hanging := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		for i := range 50 {
			auth.With(engine, ginauth.PermissionClasses(&faulty{asked: &asked, err: hanging})).GET(fmt.Sprint("/", i), ok)
		}
		auth.AddCheck(func(ctx context.Context, _ []ginauth.Authenticator) error { return hanging(ctx) })
		begun := time.Now()
		do(engine, "GET", "/0", "alice")
		if waited := time.Since(begun); waited > 3*time.Second {
			t.Errorf("the first request waits for %v", waited)
		}
		if got := auth.Check(); len(got) > 0 {
			t.Errorf("findings: %v", got)
		}
	})
}

// lines is a log that is read one record at a time.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	if strings.Contains(string(p), "disk full") {
		panic("disk full")
	}
	return len(p), nil
}

// TestNoRequestOfAServerWaitsForCheck checks that the requests of a server are
// decided while a class still looks for its problems, and that these are logged
// once they are found, as is a panic.
func TestNoRequestOfAServerWaitsForCheck(t *testing.T) {
	for want, look := range map[string]func() error{
		"ginauth: GET /: F: no table":                  func() error { return errors.New("no table") },
		`"ginauth: Check panicked" cause="no table at`: func() error { panic("no table at all") },
		"ginauth: GET /: F: disk full":                 func() error { return errors.New("disk full") },
	} {
		log, answered := make(lines, 10), make(chan struct{})
		waits := &faulty{told: told{name: "F"}, asked: new(int), err: func(ctx context.Context) error {
			select {
			case <-answered:
			case <-ctx.Done():
				t.Error("the first request waits for Check")
			}
			return look()
		}}
		engine, _ := newEngine(ginauth.Logger(slog.New(slog.NewTextHandler(log, nil))), ginauth.PermissionClasses(member, waits))
		engine.GET("/", ok)
		server := httptest.NewServer(engine)
		t.Cleanup(server.Close)
		for _, row := range []struct {
			user string
			want int
		}{{"", http.StatusUnauthorized}, {"alice", http.StatusOK}} {
			r := request(server.URL)
			if row.user != "" {
				r.Header.Set("X-User", row.user)
			}
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != row.want {
				t.Errorf("%q: %d while Check runs, want %d", row.user, answer.StatusCode, row.want)
			}
		}
		close(answered)
		if t.Failed() {
			t.FailNow() // nothing will be logged
		}
		if line := <-log; !strings.Contains(line, want) || !strings.Contains(line, "level=ERROR") {
			t.Errorf("logged %s, want %s", line, want)
		}
	}
}

// TestCheckFindsForgedAddressesThroughWrappers checks a wrapper such as a
// cache, around an authenticator that counts by address.
func TestCheckFindsForgedAddressesThroughWrappers(t *testing.T) {
	counts := &faulty{told: told{name: "ByAddress", byAddress: true}, asked: new(int), err: func(context.Context) error { return nil }}
	for _, class := range []ginauth.Authenticator{counts, wrapping{counts}, wrapping{wrapping{counts}}} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(class))
		engine.GET("/x", ok)
		if got := findings(auth); len(got) != 1 || !strings.Contains(got[0], "ByAddress counts by address, but ") {
			t.Errorf("%T: %q", class, got)
		}
	}
}
