package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

const secretKey = "a key of more than 16 bytes"

// site returns the application with alice, who is staff, bob, and erin of the
// group editors.
func site(t *testing.T, db *gorm.DB) (h http.Handler, keys map[string]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Use(models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1}}}))
	must(db.Use(models.SecretKeys{secretKey}))
	must(models.Migrate(db))
	must(db.AutoMigrate(&Note{}))
	engine, auth, _ := newEngine(db, engineConfig{InsecureCookies: true}, slog.New(slog.DiscardHandler))
	if findings := auth.Check(); len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
	users, err := models.UsersOf(db)
	must(err)
	keys = map[string]string{}
	for _, user := range []*models.User{{Username: "alice", IsStaff: true}, {Username: "bob"}, {Username: "erin"}} {
		must(models.CreateUser(t.Context(), db, user, user.Username+"-pw"))
		token, err := users.GetOrCreateToken(t.Context(), user)
		must(err)
		keys[user.Username] = string(token.Key)
	}
	must(db.Create(&models.Group{Name: "editors"}).Error)
	must(db.Exec("INSERT INTO auth_user_groups (user_id, group_id) SELECT u.id, g.id FROM auth_user u, auth_group g WHERE u.username = 'erin'").Error)
	return engine, keys
}

func TestWhoGetsWhat(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, keys := site(t, db)
		for _, row := range []struct {
			method, path, user, body string
			want                     string
		}{
			{"GET", "/livez", "", "", `200 {"status":"ok"}`},
			{"GET", "/readyz", "", "", `200 {"status":"ok"}`},
			{"GET", "/api/me", "", "", `401 {"detail":"Authentication credentials were not provided."}`},
			{"GET", "/api/me", "bob", "", `200 {"username":"bob","staff":false}`},
			{"GET", "/api/notes", "", "", `401 {"detail":"Authentication credentials were not provided."}`},
			{"POST", "/api/notes", "bob", `{"title":"Buy milk"}`, `201 {"id":1,"title":"Buy milk"}`},
			{"POST", "/api/notes", "bob", `{"id":7,"owner_id":1}`, `400 {"title":["This field is required, with 100 characters at most."]}`},
			{"POST", "/api/notes", "bob", `{"title":" \u0000"}`, `400 {"title":["This field is required, with 100 characters at most."]}`},
			{"GET", "/api/notes", "bob", "", `200 [{"id":1,"title":"Buy milk"}]`},
			{"GET", "/api/notes", "erin", "", `200 []`},
			{"GET", "/api/stats", "", "", `200 {"notes":1}`},
			{"GET", "/nowhere", "", "", `404 {"detail":"Not found."}`},
			{"GET", "/api/notes/1", "bob", "", `200 {"id":1,"title":"Buy milk"}`},
			{"GET", "/api/notes/1", "alice", "", `404 {"detail":"Not found."}`},
			{"DELETE", "/api/notes/1", "erin", "", `404 {"detail":"Not found."}`},
			{"GET", "/api/notes/1%20OR%201=1", "erin", "", `404 {"detail":"Not found."}`},
			{"DELETE", "/api/notes/1", "bob", "", `204 `},
			{"GET", "/api/notes/1", "bob", "", `404 {"detail":"Not found."}`},
			{"GET", "/staff/users", "bob", "", `403 {"detail":"This is for the staff and for editors."}`},
			{"GET", "/staff/users", "", "", `401 {"detail":"Authentication credentials were not provided."}`},
			{"GET", "/staff/users", "erin", "",
				`200 [{"username":"alice","staff":true},{"username":"bob","staff":false},{"username":"erin","staff":false}]`},
			{"PUT", "/api/notes", "", "", `405 405 method not allowed`},
		} {
			r := httptest.NewRequest(row.method, row.path, strings.NewReader(row.body))
			if row.user != "" {
				r.Header.Set("Authorization", "Token "+keys[row.user])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := fmt.Sprint(w.Code, " ", w.Body); got != row.want {
				t.Errorf("%s %s as %q: got %s, want %s", row.method, row.path, row.user, got, row.want)
			}
		}
	})
}

// TestRouteTable makes a changed policy show in the diff of the golden file.
func TestRouteTable(t *testing.T) {
	t.Setenv("DATABASE_URL", t.TempDir()+"/app.db")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"routes"}, &out, &out); code != 0 {
		t.Fatalf("%d %s", code, out.String())
	}
	const golden = "testdata/routes.golden"
	got := out.String()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v; if it should have changed, run go test ./example_app -update\n%s", err, got)
	}
}

// TestTheProgram starts the program, logs in once, and stops it.
func TestTheProgram(t *testing.T) {
	t.Setenv("DATABASE_URL", t.TempDir()+"/app.db")
	t.Setenv("ADDR", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, nil, writer, writer)
		writer.Close()
	}()
	output := waitFor(t, reader, "Listening on ")
	password := regexp.MustCompile(`password (\S+)`).FindStringSubmatch(output)
	url := regexp.MustCompile(`http://\S+:\d+`).FindString(output)
	if password == nil || !strings.Contains(output, "/api/notes/:id") {
		t.Fatalf("output: %s", output)
	}
	go io.Copy(io.Discard, reader) // until the program ends

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api-token-auth/", strings.NewReader("username=alice&password="+password[1]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	var answer struct{ Token, Username string }
	if err := json.NewDecoder(w.Body).Decode(&answer); err != nil || len(answer.Token) != 40 || answer.Username != "alice" {
		t.Errorf("%d %v %v", w.StatusCode, answer, err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"token", "create", "alice"}, &out, &out); code != 0 || !strings.Contains(out.String(), answer.Token) {
		t.Errorf("the command: %d %s", code, out.String())
	}
}

func waitFor(t *testing.T, r io.Reader, text string) string {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(seen.String(), text) || !strings.HasSuffix(seen.String(), "\n") {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %s", err, seen.String())
		}
	}
	return seen.String()
}
