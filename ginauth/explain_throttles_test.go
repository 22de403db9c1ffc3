package ginauth_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// foreseen is a throttle that answers as it has said.
type foreseen struct {
	name   string
	answer ginauth.Admission
	err    error
}

func (f foreseen) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return f.answer, f.err
}
func (f foreseen) Peek(*gin.Context, *ginauth.Identity) (ginauth.Admission, bool, error) {
	return f.answer, f.err == nil, f.err
}
func (f foreseen) String() string { return f.name }

// bursting is a throttle that panics when it is looked at, and when it is asked.
type bursting struct{ foreseen }

func (bursting) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) { panic("asked") }
func (bursting) Peek(*gin.Context, *ginauth.Identity) (ginauth.Admission, bool, error) {
	panic("looked at")
}

// loading counts the objects that it loads.
type loading struct {
	byParameter
	loaded *int
}

func (l loading) LoadObject(c *gin.Context) (any, error) {
	*l.loaded++
	return l.byParameter.LoadObject(c)
}

// TestExplainForeseesThrottles compares what is said of throttles with the
// answer of the guard. Objects are loaded only if every throttle lets pass.
func TestExplainForeseesThrottles(t *testing.T) {
	quota := func(limit, remaining int, window, reset time.Duration) ginauth.Quota {
		return ginauth.Quota{Limit: limit, Remaining: remaining, Window: window, Reset: reset}
	}
	pass := func(q ginauth.Quota) foreseen { return foreseen{"A", ginauth.Admission{Allowed: true, Quota: q}, nil} }
	refuse := func(wait time.Duration, q ginauth.Quota) foreseen {
		return foreseen{"R", ginauth.Admission{Wait: wait, Quota: q}, nil}
	}
	fail := func(err error) foreseen { return foreseen{"F", ginauth.Admission{Allowed: true}, err} }
	uncounted := pass(ginauth.Quota{})
	for _, row := range []struct {
		classes []ginauth.Throttle
		own     ginauth.Throttle // of the credential
		want    string           // outcomes of the throttles
		code    int
	}{
		{[]ginauth.Throttle{uncounted}, nil, "yes; not counted", 200},
		{[]ginauth.Throttle{pass(quota(100, 36, time.Minute, 11_200*time.Millisecond))}, nil, "yes; 37 left of 100, more in 12s", 200},
		{[]ginauth.Throttle{pass(quota(100, 99, time.Minute, time.Minute))}, nil, "yes; 100 left of 100", 200},
		{[]ginauth.Throttle{pass(quota(3, 0, 0, 0))}, nil, "yes; 1 left of 3 in all", 200},
		{[]ginauth.Throttle{refuse(90*time.Second, quota(3, 0, time.Hour, 90*time.Second))}, nil, "no; more in 1m30s", 429},
		{[]ginauth.Throttle{refuse(time.Millisecond, ginauth.Quota{})}, nil, "no; more in 1s", 429},
		{[]ginauth.Throttle{refuse(0, ginauth.Quota{})}, nil, "no", 429},
		{[]ginauth.Throttle{refuse(time.Minute, quota(0, 0, time.Minute, time.Minute))}, nil, "no", 429},
		{[]ginauth.Throttle{refuse(0, ginauth.Quota{}), uncounted}, nil, "no | yes; not counted", 429},
		{[]ginauth.Throttle{throttled{}}, nil, "unknown", 429}, // a throttle that the explanation cannot see
		{[]ginauth.Throttle{fail(errDatabase), uncounted}, nil, "unknown: F: " + errDatabase.Error(), 503},
		{[]ginauth.Throttle{fail(ginauth.PermissionDenied()), uncounted}, nil, "no", 403},
		{[]ginauth.Throttle{uncounted}, pass(quota(3, 1, 0, 0)), "yes; not counted | yes; 2 left of 3 in all", 200},
		{[]ginauth.Throttle{uncounted}, refuse(0, quota(3, 0, 0, 0)), "yes; not counted | no", 429},
		{[]ginauth.Throttle{refuse(0, ginauth.Quota{})}, pass(quota(3, 1, 0, 0)), "no | not asked", 429},
		{[]ginauth.Throttle{bursting{}}, nil, "unknown", 500},
	} {
		id := &ginauth.Identity{User: &person{"ann"}, Auth: row.own}
		engine := gin.New()
		engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(fixed{id}), ginauth.PermissionClasses(ownName{anyone}),
			ginauth.ThrottleClasses(row.classes[0], row.classes[1:]...), ginauth.Logger(slog.New(slog.DiscardHandler)))
		loaded := 0
		auth.With(engine, ginauth.Object(loading{byParameter{}, &loaded})).GET("/:name", ok)
		x := auth.Explain(httptest.NewRequest("GET", "/ann", nil), id)
		status := x.Status
		if x.Verdict == ginauth.Allowed {
			status = http.StatusOK
		}
		var outcomes []string
		for _, s := range x.Steps {
			if s.Kind == "throttle" {
				outcomes = append(outcomes, s.Outcome)
			}
		}
		if got := strings.Join(outcomes, " | "); got != row.want || loaded > 0 != (status == http.StatusOK) {
			t.Errorf("loaded %d times, explained as %s, want %s", loaded, x, row.want)
		}
		if row.want == "unknown" && row.code == http.StatusTooManyRequests {
			status = row.code
		}
		if code := do(engine, "GET", "/ann", "").Code; code != row.code || status != code {
			t.Errorf("answered %d, want %d, explained as %s", code, row.code, x)
		}
	}
}
