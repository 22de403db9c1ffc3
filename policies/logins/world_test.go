package logins_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// world is an application with a clock that moves only when told to. It has a
// user alice and two others whose names look alike. Their passwords are
// porridge.
type world struct {
	t      *testing.T
	db     *gorm.DB
	engine *gin.Engine
	store  logins.Store
	now    time.Time
	failed []string // the failures of the store, by their codes
}

// Observe implements [ginauth.Observer].
func (w *world) Observe(_ context.Context, e ginauth.Event) {
	if e.Kind == ginauth.StoreFailed {
		w.failed = append(w.failed, e.Class+" "+e.Code+": "+e.Cause)
	}
}

// newWorld returns a world on SQLite. change may change the limits before they
// are set.
func newWorld(t *testing.T, change func(l *logins.Limits)) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.Open(t, dbtest.SQLite(t)), now: time.Now()}
	w.store = loginstore.NewMemoryStore(0, 0, func() time.Time { return w.now })
	limits := logins.Limits{Store: w.store}
	if change != nil {
		change(&limits)
	}
	prepare(t, w.db, limits)
	w.engine = site(w.db, ginauth.Observers(w))
	return w
}

func prepare(t *testing.T, db *gorm.DB, limits logins.Limits) {
	t.Helper()
	people.Configure(t, db, limits)
	err := models.Migrate(db)
	for _, name := range []string{"alice", "Alice", "ALICE"} {
		err = errors.Join(err, models.CreateUser(t.Context(), db, &models.User{Username: name}, "porridge"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// site takes passwords by Basic on GET /.
func site(db *gorm.DB, options ...ginauth.Option) *gin.Engine {
	engine := gin.New()
	_ = engine.SetTrustedProxies([]string{"192.0.2.100"})
	ginauth.New(engine, append(options, ginauth.AuthenticationClasses(policies.Basic(db)), ginauth.Logger(slog.New(slog.DiscardHandler)))...)
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "in") })
	return engine
}

// login logs in from an address, and returns the status and the Retry-After, if
// any.
func (w *world) login(from, name, password string, headers ...string) string {
	w.t.Helper()
	return logIn(w.t.Context(), w.engine, from, name, password, headers...)
}

func logIn(ctx context.Context, h http.Handler, from, name, password string, headers ...string) string {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.RemoteAddr = from + ":1234"
	r.SetBasicAuth(name, password)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if wait := answer.Header().Get("Retry-After"); wait != "" {
		return fmt.Sprint(answer.Code, " after ", wait)
	}
	return fmt.Sprint(answer.Code)
}

func (w *world) expect(want, from, name, password string, headers ...string) {
	w.t.Helper()
	if got := w.login(from, name, password, headers...); got != want {
		w.t.Errorf("%.20q, %q from %s %.60q: got %s, want %s", name, password, from, headers, got, want)
	}
}
