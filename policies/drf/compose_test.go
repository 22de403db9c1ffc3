package drf_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

type note struct{}

type aNote struct{}

func (aNote) LoadObject(*gin.Context) (any, error) { return &note{}, nil }

// TestConcealmentEndsTheExpression checks classes that conceal. In DRF they
// raise Http404, which no operator catches, so the client never gets 403 and
// the refusal never turns into a yes.
func TestConcealmentEndsTheExpression(t *testing.T) {
	no := policies.ObjectPermissionFunc("no", func(*gin.Context, *ginauth.Identity, *note) (bool, error) { return false, nil })
	yes := policies.ObjectPermissionFunc("yes", func(*gin.Context, *ginauth.Identity, *note) (bool, error) { return true, nil })
	closed := policies.PermissionFunc("closed", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil })
	hidden, unseen := policies.Conceal(no), policies.Conceal(closed)
	for _, row := range []struct {
		p    ginauth.Permission
		want int
	}{
		{drf.All(yes, no), 403},
		{drf.All(yes, hidden), 404},
		{drf.All(no, hidden), 403}, // the second is not asked
		{drf.Any(no, yes), 200},
		{drf.Any(hidden, yes), 404},
		{drf.Any(yes, hidden), 200},
		{drf.Any(no, hidden), 404},
		{drf.All(policies.AllowAny, drf.All(yes, hidden)), 404},
		{drf.All(policies.AllowAny, unseen), 404},
		{drf.Any(unseen, policies.AllowAny), 404},
		{drf.Any(closed, unseen), 404},
		{drf.Not(unseen), 404},
		// The first operand refuses before the object is known.
		{drf.Any(drf.All(policies.AllowAny, drf.Not(hidden)), policies.AllowAny), 200},
		{policies.Conceal(drf.All(yes, no)), 404},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(row.p))
		auth.With(engine, ginauth.Object(aNote{})).GET("/", func(c *gin.Context) { c.Status(http.StatusOK) })
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != row.want {
			t.Errorf("%s: %d, want %d", ginauth.Name(row.p), w.Code, row.want)
		}
	}
	refusing, err := ginauth.Question{Identity: &ginauth.Identity{}, Object: &note{}}.Ask(drf.Not(hidden))
	if e, ok := errors.AsType[*ginauth.Error](err); !ok || e.Status != http.StatusNotFound {
		t.Errorf("drf.Not of an object that may not be seen: %v, %v", refusing, err)
	}
}
