package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/drf"
)

// pair is the application twice on one database: "here" on ginauth, "there" on
// Django.
type pair struct {
	db          *gorm.DB
	here, there side
	django      *django
}

// side is one of the two, as a client sees it.
type side struct{ name, url string }

// both returns the two sides, for what must hold on either.
func (p *pair) both() []side { return []side{p.here, p.there} }

// newPair starts both sides on a database with the fixture.
func newPair(t *testing.T) *pair {
	t.Helper()
	url := database(t)
	db := dbtest.Open(t, url)
	dbtest.Fixture(t, db)
	must(t, db.Use(beside(t)))
	return startBoth(t, db, url)
}

// database returns the URL of an empty database, or skips the test.
func database(t testing.TB) string {
	t.Helper()
	djangotest.Need(t, "rest_framework_simplejwt", "rest_framework_api_key", "guardian", "psycopg2")
	t.Logf("beside %+v", djangotest.ReleasesOf(t))
	return dbtest.Postgres(t)
}

// startBoth lets Django take over a database that Migrate has made, or an older
// Django, and starts both sides.
func startBoth(t *testing.T, db *gorm.DB, url string) *pair {
	t.Helper()
	there := startDjango(t, url)
	there.do(t, "take_over")
	iterations := there.do(t, "hasher_parameter", "PBKDF2PasswordHasher", "iterations").(float64)
	return &pair{db: db, here: startHere(t, url, int(iterations)), there: side{"Django", there.url}, django: there}
}

// beside declares the releases that the running Django has.
func beside(t testing.TB) drf.Stack {
	t.Helper()
	r := djangotest.ReleasesOf(t)
	return drf.Stack{Django: r.Django, DRF: r.DRF, SimpleJWT: r.SimpleJWT, APIKey: r.APIKey}
}

// programs is the directory where the conformance server is built, once for all
// tests.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		directory, err := os.MkdirTemp("", "interop")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(directory)
		programs = directory
		return m.Run()
	}())
}

var conformance = sync.OnceValues(func() (binary string, err error) {
	binary = filepath.Join(programs, "conformance")
	if out, err := exec.Command("go", "build", "-o", binary, "../../conformance").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

// startHere starts the conformance server.
func startHere(t *testing.T, url string, iterations int) side {
	t.Helper()
	binary, err := conformance()
	if err != nil {
		t.Fatal(err)
	}
	stack := beside(t)
	server := djangotest.Start(t, exec.CommandContext(t.Context(), binary, "--addr", "127.0.0.1:0", "--database", url,
		"--django", stack.Django, "--drf", stack.DRF, "--simplejwt", stack.SimpleJWT, "--api-key", stack.APIKey,
		"--iterations", strconv.Itoa(iterations)))
	return side{"ginauth", "http://" + strings.TrimPrefix(server.Line(t), "listening on ")}
}

// django is the real application, which serves requests and obeys commands.
type django struct {
	script *djangotest.Process
	url    string
}

func startDjango(t testing.TB, url string) *django {
	t.Helper()
	cmd := djangotest.Command(t, "testdata/django/serve.py")
	cmd.Env = append(cmd.Env, "DATABASE_URL="+url)
	script := djangotest.Start(t, cmd)
	return &django{script, "http://127.0.0.1:" + script.Line(t)}
}

// do calls a function of serve.py.
func (d *django) do(t testing.TB, function string, args ...any) any {
	t.Helper()
	return d.script.Call(t, function, args...)
}

// client keeps cookies, as a browser does that sees both servers under one
// name.
type client struct{ cookies map[string]string }

func newClient() *client { return &client{map[string]string{}} }

// answer is the response that a client got.
type answer struct {
	Status int
	Body   map[string]any
	Raw    string
}

// send sends a request with a JSON body, if there is one, and header lines
// "Name: value".
func (c *client) send(t *testing.T, to side, method, path string, body any, headers ...string) answer {
	t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, to.url+path, content)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(c.cookies, cookie.Name)
		} else {
			c.cookies[cookie.Name] = cookie.Value
		}
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: response.StatusCode, Raw: string(text)}
	_ = json.Unmarshal(text, &a.Body) // not every body is an object
	return a
}

// who returns the status and the user name that the answering server assigns to
// a request.
func who(t *testing.T, to side, route string, headers ...string) string {
	t.Helper()
	a := newClient().send(t, to, "GET", route, nil, headers...)
	return a.who()
}

func (a answer) who() string {
	name, ok := a.Body["user"].(string)
	if !ok {
		detail, _ := a.Body["detail"].(string)
		return strings.TrimSpace(http.StatusText(a.Status) + " " + detail)
	}
	return name
}

func users(t *testing.T, p *pair) *models.Users {
	t.Helper()
	u, err := models.UsersOf(p.db)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func named(t *testing.T, p *pair, name string) *models.User {
	t.Helper()
	user, err := users(t, p).ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user.(*models.User)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
