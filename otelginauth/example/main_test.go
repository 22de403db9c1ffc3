package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/otelginauth"
)

var (
	metrics = regexp.MustCompile(`\b(?:ginauth|http)_[a-z_]+\b`)
	kinds   = regexp.MustCompile(`ginauth_event=~?"([^"]*)"`)
)

// exported returns the names of metrics and labels that Prometheus is told,
// once every field of an event has been set.
func exported(t *testing.T) (names []string) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	otelginauth.New(otelginauth.Config{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))}).Observe(t.Context(), ginauth.Event{
		Kind: ginauth.RequestFailed, Method: "GET", Route: "/notes/:id", Status: 503, Code: "c", Class: "C", Credential: "password", Duration: time.Second,
	})
	return metrics.FindAllString(scrape(registry), -1)
}

func scrape(registry *prometheus.Registry) string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestNamesAreExported checks that the dashboard and the alerts name no metric,
// label or kind of event that does not exist.
func TestNamesAreExported(t *testing.T) {
	known := exported(t)
	all := []ginauth.EventKind{
		ginauth.RequestRefused, ginauth.RequestThrottled, ginauth.RequestFailed, ginauth.RequestCanceled, ginauth.RequestPassed,
		ginauth.LoginSucceeded, ginauth.LoginFailed, ginauth.LoginHeld,
		ginauth.CredentialIssued, ginauth.CredentialRotated, ginauth.CredentialRevoked, ginauth.CredentialReused, ginauth.StoreFailed,
	}
	for file, least := range map[string]int{"dashboard.json": 20, "alerts.yml": 10} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(content) {
			t.Errorf("%s is not JSON", file)
		}
		text := strings.ReplaceAll(string(content), `\"`, `"`)
		names := metrics.FindAllString(text, -1)
		for _, name := range names {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which is not exported", file, name)
			}
		}
		if len(names) < least {
			t.Errorf("%s: only %d names were found", file, len(names))
		}
		for _, kind := range kinds.FindAllStringSubmatch(text, -1) {
			pattern := regexp.MustCompile("^(?:" + kind[1] + ")$")
			if !slices.ContainsFunc(all, func(k ginauth.EventKind) bool { return pattern.MatchString(string(k)) }) {
				t.Errorf("%s names the kind %s, which does not exist", file, kind[1])
			}
		}
	}
}

// TestAPI checks what is scraped after a few requests.
func TestAPI(t *testing.T) {
	gin.SetMode(gin.TestMode)
	registry := prometheus.NewRegistry()
	api, err := newAPI(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		user   string
		status int
	}{{"alice", 200}, {"bob", 200}, {"", 403}} {
		r := httptest.NewRequest(http.MethodGet, "/notes/7", nil)
		r.Header.Set("X-User", row.user)
		w := httptest.NewRecorder()
		if api.ServeHTTP(w, r); w.Code != row.status {
			t.Errorf("as %q: %d, want %d", row.user, w.Code, row.status)
		}
	}
	text := scrape(registry)
	for _, line := range []string{
		`ginauth_events_total{ginauth_event="request_passed",http_request_method="GET",http_route="/notes/:id"`,
		`ginauth_events_total{ginauth_class="IsAuthenticated",ginauth_code="not_authenticated",ginauth_event="request_refused",http_request_method="GET"`,
		`ginauth_guard_duration_seconds_bucket{ginauth_event="request_refused",http_route="/notes/:id"`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if strings.Contains(text, "alice") {
		t.Error("a user is named")
	}
}
