//go:build !race

package ginauth_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

func allocations(engine *gin.Engine, path string) float64 {
	w, r := &sink{http.Header{}}, request(path)
	return testing.AllocsPerRun(200, func() { engine.ServeHTTP(w, r) })
}

// TestAllocations holds the guard's own path to two allocations over bare Gin:
// those of the map of context keys.
func TestAllocations(t *testing.T) {
	for _, routes := range []int{0, 1000} {
		e := engines(routes)
		floor := allocations(e["bare"], "/public")
		for _, path := range []string{"/public", "/user", "/full"} {
			if got := allocations(e["guarded"], path) - floor; got > 2 {
				t.Errorf("%s with %d other routes: %v allocations over bare Gin, want at most 2", path, routes, got)
			}
		}
		if got := allocations(e["guarded"], "/missing") - allocations(e["bare"], "/missing"); got != 0 {
			t.Errorf("a 404 with %d other routes: %v allocations over bare Gin, want none", routes, got)
		}
	}
}

// TestAllocationsOfRegistration holds what auth.With adds to a group of Gin's:
// the list of rules, the policy, the binding, its guard, its declaration, and
// what finds the binding of the parent. The first request makes the keys.
func TestAllocationsOfRegistration(t *testing.T) {
	engine, auth := newEngineForBench()
	bare := testing.AllocsPerRun(200, func() { engine.Group("") })
	with := testing.AllocsPerRun(200, func() { auth.With(engine, public) })
	if got := with - bare; got != 6 {
		t.Errorf("%v allocations more than a group, want 6", got)
	}
}

// TestAllocationsOfRateLimitHeaders holds two throttles that tell their quotas
// to the two headers: their texts, the slices that hold them, and the list of
// quotas.
func TestAllocationsOfRateLimitHeaders(t *testing.T) {
	hour := told{name: "hour", allowed: true, quota: ginauth.Quota{Policy: "user", Limit: 1000, Window: time.Hour, Remaining: 999, Reset: time.Minute}}
	day := hour
	day.name = "day"
	got := map[bool]float64{}
	for _, on := range []bool{false, true} {
		options := []ginauth.Option{ginauth.PermissionClasses(anyone), ginauth.ThrottleClasses(hour, day)}
		if on {
			options = append(options, ginauth.RateLimitHeaders())
		}
		engine, _ := newEngine(options...)
		engine.GET("/", nothing)
		got[on] = allocations(engine, "/")
	}
	if more := got[true] - got[false]; more > 6 {
		t.Errorf("%v allocations more than without the headers, want at most 6", more)
	}
}

// TestAllocationsOfObservers holds what observers cost a request that passes:
// the copy of the request, its context, and where events come from.
func TestAllocationsOfObservers(t *testing.T) {
	got := map[string]float64{}
	for name, options := range map[string][]ginauth.Option{
		"none": nil, "refusals": {ginauth.Observers(&eventCounter{})}, "passes": {ginauth.Observers(&eventCounter{passes: true})},
	} {
		engine, _ := newEngine(append(options, ginauth.PermissionClasses(anyone))...)
		engine.GET("/", nothing)
		got[name] = allocations(engine, "/")
	}
	if refusals, passes := got["refusals"]-got["none"], got["passes"]-got["none"]; refusals > 6 || passes > 9 {
		t.Errorf("observers cost %v allocations, with passes %v", refusals, passes)
	}
}

// TestAllocationsOfDecisions checks that decisions cost nothing unless a logger
// takes them: as many allocations as with a logger that takes no line.
func TestAllocationsOfDecisions(t *testing.T) {
	got := map[string]float64{}
	for name, level := range map[string]slog.Level{"none": slog.LevelError + 1, "info": slog.LevelInfo, "debug": slog.LevelDebug} {
		engine := gin.New()
		ginauth.New(engine, ginauth.Logger(slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: level}))),
			ginauth.AuthenticationClasses(fixed{&ginauth.Identity{User: &person{"alice"}}}), ginauth.PermissionClasses(anyone, member))
		engine.GET("/", nothing)
		got[name] = allocations(engine, "/")
	}
	bare := gin.New()
	bare.GET("/", nothing)
	if floor := allocations(bare, "/"); got["info"] != got["none"] || got["info"]-floor > 2 || got["debug"] <= got["info"] {
		t.Errorf("allocations %v, %v of bare Gin", got, floor)
	}
}

// eventCounter is an observer that counts.
type eventCounter struct {
	passes bool
	n      atomic.Int64
}

func (c *eventCounter) Observe(context.Context, ginauth.Event) { c.n.Add(1) }
func (c *eventCounter) ObservesPasses() bool                   { return c.passes }
