package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

// newServer serves a counter of the requests since the last reset, a login and
// an echo.
func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	var count int
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_oracle/reset", func(http.ResponseWriter, *http.Request) { count = 0 })
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, _ *http.Request) {
		count++
		fmt.Fprint(w, count)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s1"})
		http.SetCookie(w, &http.Cookie{Name: "old", MaxAge: -1})
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/me")
		fmt.Fprint(w, `{"user": {"name": "alice"}, "n": 1, "all": ["alice"]}`)
	})
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s|%s|%s", r.URL.Path, r.Header.Get("X"), body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func count(id, group string, want int) string {
	return fmt.Sprintf(`{"id": %q, "group": %q, "request": {"method": "GET", "path": "/count"},
		"response": {"status": 200, "body": "%d"}}`, id, group, want)
}

func scenario(steps ...string) string {
	return `{"id": "s", "group": "g", "steps": [` + strings.Join(steps, ",") + `]}`
}

func TestResets(t *testing.T) {
	server := newServer(t)
	step := `{"request": {"method": "GET", "path": "/count"}, "response": {"status": 200, "body": "%d"}}`
	wantLines(t, run(t, server.URL, lines(
		count("1", "g", 1), count("2", "g", 2), // state is kept within the group
		count("3", "h", 1), // a new group
		count("4", "g", 1), // a group that comes again
		scenario(fmt.Sprintf(step, 1), fmt.Sprintf(step, 2)),
		scenario(fmt.Sprintf(step, 1)), // each scenario
		count("5", "g", 1),             // the first case after a scenario
		count("6", "g", 2),
		strings.Replace(count("7", "g", 1), "{", `{"reset": true, `, 1),
		count("8", "g", 1),
	), replay.Options{}))
}

func TestCaptures(t *testing.T) {
	const login = `{"request": {"method": "POST", "path": "/login"}, "response": {"status": 200}, "capture": {
		"sid": "cookie.sid", "old": "cookie.old", "to": "header.Location", "name": "body.user.name",
		"n": "body.n", "deep": "body.n.m", "none": "body.none"}}`
	echo := func(path, header, body, want string) string {
		return fmt.Sprintf(`{"request": {"method": "PUT", "path": %q, "headers": [["X", %q]], "body": %q},
			"response": {"status": 200, "body": %q}}`, path, header, body, want)
	}
	server := newServer(t)
	wantLines(t, run(t, server.URL, lines(scenario(login,
		echo("/echo/{{name}}", "{{sid}}", "{{to}}", "/echo/alice|s1|/me"),
		echo("/echo/", "", "", "/echo/||"),
		echo("/echo/{{name}}", "x{{name}}{{name}}", "{{sid}}", "/echo/{{name}}|x{{name}}{{name}}|{{sid}}"),
		echo("/echo/", "{{old}}", "{{unknown}}", "/echo/|<old not captured>|{{unknown}}"),
		echo("/echo/", "{{n}}", "{{deep}}{{none}}",
			"/echo/|<n not captured>|<deep not captured><none not captured>"),
	)), replay.Options{}))
}

func TestCapturesEndWithTheScenario(t *testing.T) {
	server := newServer(t)
	wantLines(t, run(t, server.URL, lines(
		scenario(`{"request": {"method": "POST", "path": "/login"}, "response": {"status": 200},
			"capture": {"a": "cookie.sid"}}`),
		scenario(`{"request": {"method": "PUT", "path": "/echo/", "body": "{{a}}"},
			"response": {"status": 200, "body": "{{b}}"}}`),
	), replay.Options{}), `step 0 body: want "{{b}}", got "/echo/||{{a}}"`)
}

func TestDifferencesNameTheStep(t *testing.T) {
	server := newServer(t)
	step := `{"request": {"method": "GET", "path": "/count"}, "response": {"status": 201, "body": "2"}}`
	start := time.Now()
	wantLines(t, run(t, server.URL, lines(scenario(step, `{"sleep": 0.05}`, step)), replay.Options{}),
		"step 0 status: want 201, got 200", `step 0 body: want "2", got "1"`, "step 2 status: want 201, got 200")
	if slept := time.Since(start); slept < 50*time.Millisecond {
		t.Errorf("the scenario took %v, want at least its pause of 50ms", slept)
	}
}

func TestAlternatives(t *testing.T) {
	server := newServer(t)
	const recorded = `status: want 201, got 200`
	for _, test := range []struct {
		name, alternatives string
		strict             bool
		want               []string
	}{
		{"none", ``, false, []string{recorded}},
		{"status only", `{"status": 200}`, false, nil},
		{"strict", `{"status": 200}`, true, []string{recorded}},
		{"second", `{"status": 202}, {"status": 200}`, false, nil},
		{"wrong, the recorded answer counts", `{"status": 202}`, false, []string{recorded}},
		{"listed headers only", `{"status": 200, "headers": {"location": "/me"}}`, false, nil},
		{"listed header wrong", `{"status": 200, "headers": {"location": "/"}}`, false, []string{recorded}},
		{"listed header missing", `{"status": 200, "headers": {"vary": "Cookie"}}`, false, []string{recorded}},
		{"all headers", `{"status": 200, "headers": {"location": "/me"}, "only_listed": false}`, false, []string{recorded}},
		{"all headers right", `{"status": 200, "only_listed": false, "headers": {"location": "/me",
			"content-type": "application/json", "set-cookie": "old (deleted), sid"}}`, false, nil},
		{"wrong body", `{"status": 200, "body": null}`, false, []string{recorded}},
		{"matcher", `{"status": 200, "body": {"user": {"name": {"$re": "a.*"}}, "n": 1, "all": {"$any": true}}}`,
			false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			login := lines(`{"id": "a", "group": "g", "request": {"method": "POST", "path": "/login"},
				"response": {"status": 201}, "alternatives": [` + test.alternatives + `]}`)
			wantLines(t, run(t, server.URL, login, replay.Options{Strict: test.strict}), test.want...)
		})
	}
}

func TestExpectedValuesAreFilled(t *testing.T) {
	server := newServer(t)
	login := func(capture, location, body string) string {
		return fmt.Sprintf(`{"request": {"method": "POST", "path": "/login"}, "capture": {%s}, "response": {"status": 200,
			"headers": {"location": %q, "content-type": {"$any": true}, "set-cookie": {"$any": true}}, "body": %s}}`,
			capture, location, body)
	}
	wantLines(t, run(t, server.URL, lines(scenario(
		login(`"name": "body.user.name", "to": "header.location"`, "/me", `{"$any": true}`),
		login(``, "{{to}}", `{"user": {"name": "{{name}}"}, "n": 1, "all": ["{{name}}"]}`),
		login(``, "{{to}}/", `{"user": {"name": "{{to}}"}, "n": 1, "all": ["{{to}}"]}`),
	)), replay.Options{}),
		`step 2 headers.location: want "/me/", got "/me"`,
		`step 2 body.all[0]: want "/me", got "alice"`, `step 2 body.user.name: want "/me", got "alice"`)
}

func TestAlternativesAreFilled(t *testing.T) {
	server := newServer(t)
	wantLines(t, run(t, server.URL, lines(scenario(
		`{"request": {"method": "POST", "path": "/login"}, "response": {"status": 200},
			"capture": {"a": "cookie.sid"}}`,
		`{"request": {"method": "PUT", "path": "/echo/{{a}}"}, "response": {"status": 1},
			"alternatives": [{"status": 200, "body": {"$re": "/echo/{{a}}\\|\\|"}}]}`,
	)), replay.Options{}))
}

func TestIgnoreHeaders(t *testing.T) {
	server := newServer(t)
	login := lines(`{"id": "a", "group": "g", "request": {"method": "POST", "path": "/login"}, "response": {"status": 200,
		"headers": {"set-cookie": "old (deleted), sid", "content-type": "application/json", "vary": "Cookie"}}}`)
	wantLines(t, run(t, server.URL, login, replay.Options{}),
		`headers.location: unexpected "/me"`, `headers.vary: missing, want "Cookie"`)
	wantLines(t, run(t, server.URL, login, replay.Options{IgnoreHeaders: []string{" Vary"}}),
		`headers.location: unexpected "/me"`)
	wantLines(t, run(t, server.URL, login, replay.Options{IgnoreHeaders: []string{"VARY", "location"}}))
}

func TestIgnoredHeadersOfAlternatives(t *testing.T) {
	server := newServer(t)
	wantLines(t, run(t, server.URL, lines(`{"id": "a", "group": "g", "request": {"method": "POST", "path": "/login"},
		"response": {"status": 1}, "alternatives": [{"status": 200, "headers": {"vary": "Cookie"}}]}`),
		replay.Options{IgnoreHeaders: []string{"vary"}}))
}

func TestRunErrors(t *testing.T) {
	cases := corpus(t, lines(count("1", "g", 1)))
	refusing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(refusing.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, test := range []struct{ name, url, want string }{
		{"no URL", "::", "replay: base URL"},
		{"no scheme", "127.0.0.1", "not of the form http://host:port"},
		{"no host", "http://", "not of the form http://host:port"},
		{"TLS", "https://127.0.0.1", "not of the form http://host:port"},
		{"reset refused", refusing.URL, "replay: POST /_oracle/reset answered 404"},
		{"no server", gone.URL, "replay: POST /_oracle/reset: dial"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := replay.Run(t.Context(), test.url, cases, replay.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	server := newServer(t)
	cases := corpus(t, lines(count("1", "g", 1), scenario(`{"sleep": 60}`), count("2", "g", 1)))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	report, err := replay.Run(ctx, server.URL, cases, replay.Options{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if len(report.Results) != 1 {
		t.Errorf("%d results, want the one from before the pause", len(report.Results))
	}
}

// A server that never answers holds up Run no longer than ctx.
func TestSilentServer(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			<-release
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := replay.Run(ctx, server.URL, corpus(t, lines(count("1", "g", 1))), replay.Options{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
}
