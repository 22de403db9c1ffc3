package handlers

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/wiring"
)

// ProbesConfig configures [MountProbes].
type ProbesConfig struct {
	// Requires holds what the server cannot do without besides the database, by
	// the name that answers and logs give it:
	//
	//	"redis": func(ctx context.Context) error { return client.Ping(ctx).Err() }
	Requires map[string]func(ctx context.Context) error

	// Timeout is how long each of them, and the database, may take to answer.
	// Default: 1 second.
	Timeout time.Duration

	// Logger is told when the server is no longer ready, why, and when it is
	// ready again. Default: [slog.Default] at the time of the call.
	Logger *slog.Logger
}

// probes is a server's liveness and readiness.
type probes struct {
	readiness readiness
	draining  atomic.Bool
}

// MountProbes registers the two questions that load balancers and orchestrators
// ask a server, for GET and HEAD:
//
//   - path/livez answers 200 as long as the process answers requests. It asks
//     nothing else: a restart does not mend a database.
//   - path/readyz answers 200 if the database and all that the config requires
//     answer in time, and otherwise 503 with the names of those that do not.
//     Such a server should get no requests for now. It is 503 once drain has
//     been called, too.
//
// Any client may call them, with whatever credentials, as often as it likes: the
// database is asked by one request at a time, and its answer serves all others
// for half a second.
//
// drain makes the server unready, and returns after the time that load balancers
// need to notice, or when the context is done. Call it when the process is told
// to stop, before http.Server.Shutdown, which closes the listener: a request
// that is still sent here would be refused. It may be called concurrently.
//
// MountProbes panics as [ginauth.Auth.Group] does, and if the config is unfit.
func MountProbes(
	auth *ginauth.Auth, r gin.IRouter, path string, db *gorm.DB, config ...ProbesConfig,
) (drain func(ctx context.Context, wait time.Duration)) {
	const constructor = "handlers: MountProbes"
	given := wiring.Config(constructor, config)
	pool, err := db.DB()
	wiring.Check(constructor, err)
	requires := map[string]func(context.Context) error{"database": pool.PingContext}
	for name, ask := range given.Requires {
		switch {
		case !wiring.IsWord(name) || requires[name] != nil:
			panic(constructor + ": Requires: the name " + name + ` is taken or not a word, such as "redis"`)
		case ask == nil:
			panic(constructor + ": Requires: " + name + " is nil")
		}
		requires[name] = ask
	}
	if given.Timeout < 0 {
		panic(constructor + ": Timeout must not be negative; 0 stands for a second")
	}
	if given.Timeout == 0 {
		given.Timeout = time.Second
	}
	if given.Logger == nil {
		given.Logger = slog.Default()
	}
	p := &probes{readiness: readiness{timeout: given.Timeout, log: given.Logger}}
	for _, name := range slices.Sorted(maps.Keys(requires)) {
		p.readiness.dependencies = append(p.readiness.dependencies, &dependency{name: name, ask: requires[name]})
	}
	open := auth.Group(r, path,
		ginauth.NoAuthentication(), ginauth.PermissionClasses(ginauth.Public("a probe")),
		ginauth.NoThrottles(), ginauth.NoObject())
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		open.Handle(method, "/livez", p.live)
		open.Handle(method, "/readyz", p.ready)
	}
	return p.drain
}

// drain is what [MountProbes] returns.
func (p *probes) drain(ctx context.Context, wait time.Duration) {
	p.draining.Store(true)
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}

// probeAnswer is the body of both routes.
type probeAnswer struct {
	Status string   `json:"status"`
	Failed []string `json:"failed,omitempty"`
}

func (p *probes) live(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	ginauth.JSON(c, http.StatusOK, probeAnswer{Status: "ok"})
}

func (p *probes) ready(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	answer := probeAnswer{Status: "ok"}
	if p.draining.Load() {
		answer = probeAnswer{Status: "draining"}
	} else if failed := p.readiness.failed(); len(failed) > 0 {
		answer = probeAnswer{Status: "unavailable", Failed: failed}
	}
	if answer.Status == "ok" {
		ginauth.JSON(c, http.StatusOK, answer)
		return
	}
	c.Header("Retry-After", "5") // as every 503, see ginauth.Unavailable
	ginauth.JSON(c, http.StatusServiceUnavailable, answer)
}
