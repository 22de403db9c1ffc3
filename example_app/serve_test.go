package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
)

// served is an application that serves, and what it has printed so far.
type served struct {
	address string
	printed string
	stop    context.CancelFunc
	ended   <-chan error
}

func serveAt(t *testing.T, redisURL, databaseURL string) served {
	t.Helper()
	config, err := readSettings(func(name string) string {
		return map[string]string{"ADDR": "127.0.0.1:0", "REDIS_URL": redisURL, "DRAIN": "2s", "DATABASE_URL": databaseURL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := openDatabase(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, db, config, stdout)
		_ = stdout.Close()
	}()
	s := served{stop: stop, ended: ended}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		s.printed += lines.Text() + "\n"
		if address, ok := strings.CutPrefix(lines.Text(), "Listening on "); ok {
			s.address, _, _ = strings.Cut(address, ",")
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return s
		}
	}
	t.Fatalf("%v: %s", <-ended, s.printed)
	return s
}

func (s served) get(t *testing.T, path string) string {
	t.Helper()
	response, err := http.Get(s.address + path)
	if err != nil {
		return "no answer"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Status[:3] + " " + string(body)
}

// TestServe follows the program from its start, with Redis and without, until
// it has been told to stop.
func TestServe(t *testing.T) {
	redistest.Open(t) // or skip
	const notice = "Redis does not answer"
	for _, row := range []struct {
		name, redisURL        string
		notice                bool
		ready, counted, asset string
	}{
		{"no Redis wanted", "", false, `200 {"status":"ok"}`, "200", "200"},
		{"Redis is up", os.Getenv("GINAUTH_TEST_REDIS"), false, `200 {"status":"ok"}`, "200", "200"},
		{"Redis is down", "redis://u:hunter2@127.0.0.1:1", true, `503 {"status":"unavailable","failed":["redis"]}`, "503", "200"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := serveAt(t, row.redisURL, dbtest.SQLite(t))
			if strings.Contains(s.printed, notice) != row.notice || strings.Contains(s.printed, "hunter2") {
				t.Errorf("printed %s", s.printed)
			}
			for path, want := range map[string]string{
				"/livez": `200 {"status":"ok"}`, "/readyz": row.ready, "/api/stats": row.counted, "/assets/style.css": row.asset,
			} {
				if got := s.get(t, path); !strings.HasPrefix(got, want) {
					t.Errorf("GET %s: %s, want %s", path, got, want)
				}
			}
			s.stop()
			for deadline := time.Now().Add(time.Second / 2); s.get(t, "/readyz") != `503 {"status":"draining"}`; {
				if time.Now().After(deadline) {
					t.Fatal("still ready after half a second")
				}
				time.Sleep(5 * time.Millisecond)
			}
			if got := s.get(t, "/livez"); got != `200 {"status":"ok"}` {
				t.Errorf("while it drains, GET /livez: %s", got)
			}
			if err := <-s.ended; err != nil {
				t.Error(err)
			}
			if got := s.get(t, "/livez"); got != "no answer" {
				t.Errorf("after the end: %s", got)
			}
		})
	}
}

// TestAFrozenDatabase checks that requests that wait for a database that hangs
// hold up neither others nor the end of the program.
func TestAFrozenDatabase(t *testing.T) {
	url, frozen := dbtest.WithFreeze(t, dbtest.Postgres(t))
	s := serveAt(t, "", url)
	frozen.Freeze()
	var hung sync.WaitGroup
	for range 15 {
		for _, row := range []struct{ method, path, authorization string }{
			{"GET", "/api/me", "Token " + strings.Repeat("0", 40)}, // a statement of ginauth's
			{"GET", "/api/stats", ""},                              // a statement of the application's
			{"POST", "/api-token-auth/", ""},
		} {
			hung.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), row.method, s.address+row.path, strings.NewReader(`{"username":"alice","password":"x"}`))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				if row.authorization != "" {
					r.Header.Set("Authorization", row.authorization)
				}
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(row, err)
					return
				}
				response.Body.Close()
				if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
					t.Errorf("%s %s: %s, %v", row.method, row.path, response.Status, response.Header)
				}
			})
		}
	}
	time.Sleep(time.Second / 4) // for them to wait
	for _, path := range []string{"/livez", "/assets/style.css"} {
		if got := s.get(t, path); !strings.HasPrefix(got, "200") {
			t.Errorf("meanwhile, GET %s: %s", path, got)
		}
	}
	s.stop()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	hung.Wait()
}
