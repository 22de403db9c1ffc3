package otelginauth

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/ginauth/ginauth/ginauth"
)

// scope is the name of the instrumentation.
const scope = "github.com/ginauth/ginauth/otelginauth"

// Config configures [New]. The zero value has the defaults.
type Config struct {
	// MeterProvider makes the instruments. Default: [otel.GetMeterProvider].
	MeterProvider metric.MeterProvider

	// IgnorePasses leaves out the requests that pass, and all durations, which
	// saves each request a few allocations.
	IgnorePasses bool

	// IdentifyUsers adds to the events of spans the attributes enduser.id (the
	// subject, and ginauth.owner if the credential is that of another one),
	// client.address, and the ids ginauth.credential_id and ginauth.family.
	// They are personal data. Metrics never have them.
	IdentifyUsers bool
}

// Observer reports events to OpenTelemetry. It is safe for concurrent use.
type Observer struct {
	config   Config
	events   metric.Int64Counter
	duration metric.Float64Histogram
}

// New returns an observer. It panics if given two configs, or if the provider
// refuses an instrument.
func New(config ...Config) *Observer {
	if len(config) > 1 {
		panic("otelginauth: New takes one config")
	}
	o := &Observer{}
	if len(config) == 1 {
		o.config = config[0]
	}
	provider := o.config.MeterProvider
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	meter := provider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	var err error
	o.events, err = meter.Int64Counter("ginauth.events", metric.WithUnit("{event}"),
		metric.WithDescription("What the guard decided, logins, and what happened to credentials."))
	check(err)
	o.duration, err = meter.Float64Histogram("ginauth.guard.duration", metric.WithUnit("s"),
		metric.WithDescription("How long the guard took to decide about a request."),
		metric.WithExplicitBucketBoundaries(
			0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))
	check(err)
	return o
}

func check(err error) {
	if err != nil {
		panic("otelginauth: New: " + err.Error())
	}
}

// ObservesPasses implements [ginauth.PassObserver].
func (o *Observer) ObservesPasses() bool { return !o.config.IgnorePasses }

// Observe implements [ginauth.Observer].
func (o *Observer) Observe(ctx context.Context, e ginauth.Event) {
	var room [maxAttributes]attribute.KeyValue
	count := append(outcome(room[:0], &e), request(&e)...)
	o.events.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(count...)))
	if e.Duration > 0 {
		route := attribute.NewSet(kind(&e), semconv.HTTPRoute(e.Route))
		o.duration.Record(ctx, e.Duration.Seconds(), metric.WithAttributeSet(route))
	}
	o.annotate(ctx, &e)
}

// The attributes that OpenTelemetry has no name for.
const (
	eventKey        = attribute.Key("ginauth.event")
	classKey        = attribute.Key("ginauth.class")
	codeKey         = attribute.Key("ginauth.code")
	credentialKey   = attribute.Key("ginauth.credential")
	credentialIDKey = attribute.Key("ginauth.credential_id")
	familyKey       = attribute.Key("ginauth.family")
	ownerKey        = attribute.Key("ginauth.owner")
	requestIDKey    = attribute.Key("ginauth.request_id")
	causeKey        = attribute.Key("ginauth.cause")
	durationKey     = attribute.Key("ginauth.guard.duration")
)

// maxAttributes is how many attributes an event can have, on a span.
const maxAttributes = 16

func kind(e *ginauth.Event) attribute.KeyValue { return eventKey.String(string(e.Kind)) }

// outcome appends the attributes about what happened, which metrics and spans
// have.
func outcome(to []attribute.KeyValue, e *ginauth.Event) []attribute.KeyValue {
	to = append(to, kind(e))
	if e.Status != 0 {
		to = append(to, semconv.HTTPResponseStatusCode(e.Status))
	}
	to = appendText(to, classKey, e.Class)
	to = appendText(to, codeKey, e.Code)
	return appendText(to, credentialKey, e.Credential)
}

// request returns the attributes about the request of a metric.
func request(e *ginauth.Event) []attribute.KeyValue {
	if e.Method == "" { // it happened outside a request
		return nil
	}
	method := semconv.HTTPRequestMethodOther
	if slices.Contains(methods, e.Method) {
		method = semconv.HTTPRequestMethodKey.String(e.Method)
	}
	return appendText([]attribute.KeyValue{method}, semconv.HTTPRouteKey, e.Route)
}

// methods are those that the semantic conventions know. Clients may send any
// other.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodHead, http.MethodOptions, http.MethodConnect, http.MethodTrace, "QUERY",
}

// appendText appends an attribute, unless it has no value.
func appendText(to []attribute.KeyValue, key attribute.Key, value string) []attribute.KeyValue {
	if value == "" {
		return to
	}
	return append(to, key.String(value))
}
