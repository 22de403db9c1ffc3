package secrecy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// world is an application with every kind of credential, everything that it has
// logged, and all secrets that have existed.
type world struct {
	*testing.T
	db      *gorm.DB
	handler http.Handler
	log     lockedBuffer
	secrets map[string]string // by their names in these tests
}

// lockedBuffer collects what loggers of several goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newWorld logs everything that slog, package log, Gin and GORM can be made to
// log: GORM with the parameters of its statements.
func newWorld(t *testing.T, db *gorm.DB) *world {
	w := &world{T: t, secrets: map[string]string{}}
	slogs, logs, gins := slog.Default(), log.Writer(), gin.DefaultWriter
	slog.SetDefault(slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(&w.log)
	gin.DefaultWriter = &w.log
	t.Cleanup(func() {
		slog.SetDefault(slogs)
		log.SetOutput(logs)
		gin.DefaultWriter = gins
	})
	db.Logger = logger.New(log.New(&w.log, "", 0), logger.Config{LogLevel: logger.Info})
	w.db = db
	return w
}

// secret remembers a secret, and returns it.
func (w *world) secret(name, value string) string {
	w.Helper()
	if len(value) < 6 {
		w.Fatalf("%s is %q, too short to be searched for", name, value)
	}
	w.secrets[name] = value
	return value
}

// answer is the response that a client gets.
type answer struct {
	status  int
	body    string
	cookies map[string]string
}

// send sends a request with a JSON body, if there is one, and header lines
// "Name: value".
func (w *world) send(method, path string, body any, headers ...string) answer {
	w.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			w.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://example.com")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	a := answer{recorder.Code, recorder.Body.String(), map[string]string{}}
	for _, cookie := range recorder.Result().Cookies() {
		a.cookies[cookie.Name] = cookie.Value
	}
	return a
}

// expect fails the test unless the answer has that status.
func (w *world) expect(a answer, status int) answer {
	w.Helper()
	if a.status != status {
		w.Errorf("got %d %s, want %d", a.status, a.body, status)
	}
	return a
}

// field returns a text member of the answer's object.
func (w *world) field(a answer, name string) string {
	w.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		w.Fatalf("%s: %v", a.body, err)
	}
	text, _ := object[name].(string)
	return text
}

// search looks for every secret in a text.
func (w *world) search(where, text string) {
	w.Helper()
	for name, value := range w.secrets {
		if i := strings.Index(text, value); i >= 0 {
			w.Errorf("%s tells %s: ...%s...", where, name, text[max(0, i-200):min(len(text), i+len(value)+100)])
		}
	}
}

// show searches the usual printed forms of a value.
func (w *world) show(value any) {
	w.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		w.Error(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("", "value", value)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "value", value)
	for _, verb := range []string{"%v", "%+v", "%s", "%q", "%x"} {
		fmt.Fprintf(&logged, verb+"\n", value)
	}
	w.search(fmt.Sprintf("a %T", value), string(text)+logged.String())
}
