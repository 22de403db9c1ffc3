package secrecy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
)

// world is an application with every kind of credential, everything that it has
// logged, and all secrets that have existed.
type world struct {
	*testing.T
	db      *gorm.DB
	handler http.Handler
	log     sitetest.Log
	trail   *audit.Trail
	secrets map[string]string // by their names in these tests
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

// Observe implements [ginauth.Observer]: it logs the event in the usual forms.
func (w *world) Observe(_ context.Context, e ginauth.Event) {
	text, err := json.Marshal(e)
	if err != nil {
		w.Error(err)
	}
	fmt.Fprintf(&w.log, "%+v %s %x\n", e, text, e)
	slog.Info("an event", "event", e)
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

// send sends a request with a JSON body, if there is one, and header lines
// "Name: value".
func (w *world) send(method, path string, body any, lines ...string) sitetest.Answer {
	w.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			w.Fatal(err)
		}
	}
	as := sitetest.As{"Origin: http://example.com"}.With(lines...)
	return sitetest.Send(w.handler, method, path, as, string(text))
}

// expect fails the test unless the answer has that status.
func (w *world) expect(a sitetest.Answer, status int) sitetest.Answer {
	w.Helper()
	if a.Code != status {
		w.Errorf("got %s, want %d", a, status)
	}
	return a
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
