// Command example serves an API on port 8080, and its metrics for Prometheus
// on port 9464, which only the machine itself can reach.
//
//	go run ./example
//	curl -H 'X-User: alice' http://127.0.0.1:8080/notes/7
//	curl http://127.0.0.1:9464/metrics
//
// The file alerts.yml has rules for Prometheus, dashboard.json a dashboard for
// Grafana.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/otelginauth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context) error {
	registry := prometheus.NewRegistry()
	api, err := newAPI(registry)
	if err != nil {
		return err
	}
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	servers := []*http.Server{
		{Addr: ":8080", Handler: api, ReadHeaderTimeout: 5 * time.Second},
		{Addr: "127.0.0.1:9464", Handler: metrics, ReadHeaderTimeout: 5 * time.Second},
	}
	failed := make(chan error, len(servers))
	for _, server := range servers {
		go func() { failed <- server.ListenAndServe() }()
		defer server.Close()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// newAPI returns an API whose metrics are registered with Prometheus.
func newAPI(registry prometheus.Registerer) (http.Handler, error) {
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(byHeader{}),
		ginauth.Observers(otelginauth.New(otelginauth.Config{MeterProvider: provider})))
	r.GET("/notes/:id", func(c *gin.Context) { c.String(http.StatusOK, "note %s\n", c.Param("id")) })
	return r, nil
}

// byHeader believes every client who it is: put a class of package policies in
// its place.
type byHeader struct{}

func (byHeader) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	if name := c.GetHeader("X-User"); name != "" {
		return &ginauth.Identity{User: user(name)}, nil
	}
	return nil, ginauth.ErrNoCredentials
}

type user string

func (user) Authenticated() bool { return true }
func (u user) Subject() string   { return string(u) }
