package otelginauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/otelginauth"
)

// world collects what an observer reports.
type world struct {
	*testing.T
	reader   *metric.ManualReader
	provider *metric.MeterProvider
	spans    *tracetest.InMemoryExporter
	traces   *trace.TracerProvider
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, reader: metric.NewManualReader(), spans: tracetest.NewInMemoryExporter()}
	w.provider = metric.NewMeterProvider(metric.WithReader(w.reader))
	w.traces = trace.NewTracerProvider(trace.WithSyncer(w.spans))
	return w
}

// metrics returns the points of all metrics, a line each.
func (w *world) metrics() (lines []string) {
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(w.Context(), &all); err != nil {
		w.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s %d %s", m.Name, p.Value, text(p.Attributes.ToSlice())))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s %d %s", m.Name, p.Count, text(p.Attributes.ToSlice())))
				}
			default:
				w.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// taken returns the events of all spans since the last call, a line each.
func (w *world) taken() (lines []string) {
	for _, span := range w.spans.GetSpans() {
		for _, e := range span.Events {
			lines = append(lines, strings.TrimSpace(e.Name+" "+text(e.Attributes)))
		}
	}
	w.spans.Reset()
	return lines
}

func text(attributes []attribute.KeyValue) string {
	var parts []string
	for _, a := range attributes {
		parts = append(parts, fmt.Sprintf("%s=%v", a.Key, a.Value.AsInterface()))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// byHeader authenticates the user whom a header names.
type byHeader struct{}

func (byHeader) String() string { return "ByHeader" }

func (byHeader) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	switch name := c.GetHeader("X-User"); name {
	case "":
		return nil, ginauth.ErrNoCredentials
	case "broken":
		return nil, errors.New("dial tcp 10.0.0.7:5432: connection refused")
	default:
		return &ginauth.Identity{User: user(name)}, nil
	}
}

// anyone permits every request.
type anyone struct{}

func (anyone) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

type user string

func (user) Authenticated() bool { return true }
func (u user) Subject() string   { return string(u) }

// serve returns an application whose requests have a span, as those of otelgin.
func (w *world) serve(config otelginauth.Config) *gin.Engine {
	gin.SetMode(gin.TestMode)
	config.MeterProvider = w.provider
	engine := gin.New()
	engine.Use(func(c *gin.Context) {
		ctx, span := w.traces.Tracer("test").Start(c.Request.Context(), "request")
		defer span.End()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	})
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.Observers(otelginauth.New(config)),
		ginauth.AuthenticationClasses(byHeader{}))
	engine.Any("/notes/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	auth.NoRoute(ginauth.PermissionClasses(anyone{}))
	engine.NoRoute(func(c *gin.Context) { ginauth.Abort(c, ginauth.NotFound()) })
	auth.With(engine, ginauth.PermissionClasses(anyone{})).POST("/login", func(c *gin.Context) {
		ginauth.Emit(c, ginauth.Event{
			Kind: ginauth.LoginFailed, Code: "invalid_login", Credential: "password", Owner: "bob", CredentialID: "id-7", Family: "family-7",
		})
		ginauth.Abort(c, ginauth.AuthenticationFailed())
	})
	return engine
}

func (w *world) send(engine *gin.Engine, method, path, user string) {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("X-User", user)
	r.Header.Set("X-Request-ID", "of-a-client")
	engine.ServeHTTP(httptest.NewRecorder(), r)
}

// TestRequests checks what is reported of requests.
func TestRequests(t *testing.T) {
	const notes, passed = " http.request.method=GET http.route=/notes/:id", "ginauth.request_passed ginauth.event=request_passed"
	for _, row := range []struct {
		name, method, path, user string
		config                   otelginauth.Config
		metrics, span            []string
	}{
		{
			"passes", "GET", "/notes/7", "alice", otelginauth.Config{},
			[]string{"ginauth.events 1 ginauth.event=request_passed" + notes, "ginauth.guard.duration 1 ginauth.event=request_passed http.route=/notes/:id"},
			[]string{passed + " ginauth.guard.duration=D ginauth.request_id=ID"},
		},
		{"passes, ignored", "GET", "/notes/7", "alice", otelginauth.Config{IgnorePasses: true}, nil, nil},
		{
			"a method of the client's own", "STEAL", "/nowhere", "alice", otelginauth.Config{IgnorePasses: true},
			[]string{"ginauth.events 1 ginauth.code=not_found ginauth.event=request_refused http.request.method=_OTHER http.response.status_code=404"},
			[]string{"ginauth.request_refused ginauth.code=not_found ginauth.event=request_refused ginauth.request_id=ID http.response.status_code=404"},
		},
		{
			"refused", "GET", "/notes/7", "", otelginauth.Config{IgnorePasses: true},
			[]string{"ginauth.events 1 ginauth.class=IsAuthenticated ginauth.code=not_authenticated ginauth.event=request_refused" +
				" http.request.method=GET http.response.status_code=403 http.route=/notes/:id"},
			[]string{"ginauth.request_refused ginauth.class=IsAuthenticated ginauth.code=not_authenticated ginauth.event=request_refused" +
				" ginauth.request_id=ID http.response.status_code=403"},
		},
		{
			"failed, with users", "GET", "/notes/7", "broken", otelginauth.Config{IgnorePasses: true, IdentifyUsers: true},
			[]string{"ginauth.events 1 ginauth.class=ByHeader ginauth.code=service_unavailable ginauth.event=request_failed" +
				" http.request.method=GET http.response.status_code=503 http.route=/notes/:id"},
			[]string{"ginauth.request_failed client.address=192.0.2.1 enduser.id=anonymous ginauth.cause=dial tcp: connection refused" +
				" ginauth.class=ByHeader ginauth.code=service_unavailable ginauth.event=request_failed ginauth.request_id=ID http.response.status_code=503"},
		},
		{
			"a login, with users", "POST", "/login", "", otelginauth.Config{IgnorePasses: true, IdentifyUsers: true},
			[]string{
				"ginauth.events 1 ginauth.code=authentication_failed ginauth.event=request_refused" +
					" http.request.method=POST http.response.status_code=403 http.route=/login",
				"ginauth.events 1 ginauth.code=invalid_login ginauth.credential=password ginauth.event=login_failed" +
					" http.request.method=POST http.route=/login",
			},
			[]string{
				"ginauth.login_failed client.address=192.0.2.1 enduser.id=anonymous ginauth.code=invalid_login ginauth.credential=password" +
					" ginauth.credential_id=id-7 ginauth.event=login_failed ginauth.family=family-7 ginauth.owner=bob ginauth.request_id=ID",
				"ginauth.request_refused client.address=192.0.2.1 enduser.id=anonymous ginauth.code=authentication_failed" +
					" ginauth.event=request_refused ginauth.request_id=ID http.response.status_code=403",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.send(w.serve(row.config), row.method, row.path, row.user)
			if got := w.metrics(); row.metrics != nil && !slices.Equal(got, row.metrics) || row.metrics == nil && len(got) > 0 {
				t.Errorf("metrics\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.metrics, "\n"))
			}
			var got []string
			for _, line := range w.taken() {
				line = durations.ReplaceAllString(ids.ReplaceAllString(line, "${1}ID"), "${1}D")
				got = append(got, line)
			}
			if row.span != nil && !slices.Equal(got, row.span) {
				t.Errorf("span\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.span, "\n"))
			}
		})
	}
}

var (
	ids       = regexp.MustCompile(`(ginauth.request_id=)[A-Z2-7]{26}`)
	durations = regexp.MustCompile(`(ginauth.guard.duration=)\S+`)
)

// TestFields checks where each field of an event is reported. Those that name a
// person, an address or a credential are in no metric, whatever they contain.
func TestFields(t *testing.T) {
	const metrics, spans, identified = 1, 2, 4
	places := map[string]int{
		"Kind": metrics | spans | identified, "Status": metrics | spans | identified, "Code": metrics | spans | identified,
		"Class": metrics | spans | identified, "Credential": metrics | spans | identified,
		"Route": metrics, "Method": 0, "Time": 0, // the method is not a known one
		"RequestID": spans | identified, "Cause": spans | identified, "Duration": metrics | spans | identified,
		"Subject": identified, "Owner": identified, "Client": identified, "CredentialID": identified, "Family": identified,
	}
	e := ginauth.Event{Status: 418, Duration: 1234567 * time.Nanosecond, Client: netip.MustParseAddr("2001:db8::7"), Time: time.Now()}
	marks := map[string]string{"Status": "418", "Duration": "0.001234567", "Client": "2001:db8::7", "Time": "\x00"}
	for i, fields := 0, reflect.ValueOf(&e).Elem(); i < fields.NumField(); i++ {
		if name := fields.Type().Field(i).Name; fields.Field(i).Kind() == reflect.String {
			marks[name] = "mark-of-" + name
			fields.Field(i).SetString(marks[name])
		} else if marks[name] == "" {
			t.Errorf("set the field %s in this test", name)
		}
	}
	for place, report := range map[int]string{
		metrics: reported(t, otelginauth.Config{}, e, true), spans: reported(t, otelginauth.Config{}, e, false),
		identified: reported(t, otelginauth.Config{IdentifyUsers: true}, e, false),
	} {
		for name, mark := range marks {
			want, listed := places[name]
			if !listed {
				t.Errorf("%s is in no list", name)
			}
			if got := strings.Contains(report, mark); got != (want&place != 0) {
				t.Errorf("%s in %s: %v", name, report, got)
			}
		}
	}
}

// reported returns what is reported of an event, by metrics or by a span.
func reported(t *testing.T, config otelginauth.Config, e ginauth.Event, metrics bool) string {
	w := newWorld(t)
	config.MeterProvider = w.provider
	ctx, span := w.traces.Tracer("test").Start(t.Context(), "request")
	otelginauth.New(config).Observe(ctx, e)
	span.End()
	if !metrics {
		return strings.Join(w.taken(), "\n")
	}
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(ctx, &all); err != nil {
		t.Fatal(err)
	}
	sums := ""
	for _, m := range all.ScopeMetrics[0].Metrics {
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
			sums = fmt.Sprint(h.DataPoints[0].Sum)
		}
	}
	return strings.Join(w.metrics(), "\n") + " " + sums
}

// TestCardinality checks that clients cannot make new series: not by paths,
// methods, names, addresses or ids.
func TestCardinality(t *testing.T) {
	w := newWorld(t)
	engine := w.serve(otelginauth.Config{})
	const requests = 500
	series := 0
	for i := range requests {
		w.send(engine, "GET", fmt.Sprintf("/notes/%d", i), fmt.Sprintf("user-%d", i))
		w.send(engine, "GET", fmt.Sprintf("/nowhere/%d", i), fmt.Sprintf("user-%d", i))
		w.send(engine, fmt.Sprintf("METHOD-%d", i), fmt.Sprintf("/nowhere/%d", i), "")
		w.send(engine, "POST", "/login", "")
		if n := len(w.metrics()); i == 0 {
			series = n
		} else if n != series {
			t.Fatalf("%d series after %d requests, %d at first", n, i, series)
		}
	}
}

// TestAtOnce counts events of many requests at once.
func TestAtOnce(t *testing.T) {
	w := newWorld(t)
	engine := w.serve(otelginauth.Config{})
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() { w.send(engine, "GET", "/notes/7", "alice") })
	}
	group.Wait()
	want := []string{
		"ginauth.events 100 ginauth.event=request_passed http.request.method=GET http.route=/notes/:id",
		"ginauth.guard.duration 100 ginauth.event=request_passed http.route=/notes/:id",
	}
	if got := w.metrics(); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// TestNew checks what New refuses, and that it needs no provider.
func TestNew(t *testing.T) {
	otelginauth.New().Observe(context.Background(), ginauth.Event{Kind: ginauth.LoginFailed})
	defer func() {
		if got := recover(); got != "otelginauth: New takes one config" {
			t.Error(got)
		}
	}()
	otelginauth.New(otelginauth.Config{}, otelginauth.Config{})
}

// BenchmarkObserve measures what a passing request pays, without a span.
func BenchmarkObserve(b *testing.B) {
	o := otelginauth.New(otelginauth.Config{MeterProvider: metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))})
	e := ginauth.Event{Kind: ginauth.RequestPassed, Method: "GET", Route: "/notes/:id", Duration: time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		o.Observe(b.Context(), e)
	}
}
