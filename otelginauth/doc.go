// Package otelginauth reports ginauth's events to OpenTelemetry: what the guard
// decides, logins, and what happens to credentials, as metrics and on the spans
// of requests.
//
//	auth := ginauth.New(engine, ginauth.Observers(otelginauth.New()))
//
// It is a module of its own, so that only programs that use it depend on
// OpenTelemetry. It uses the API alone: the program chooses the SDK and the
// exporters. The directory example shows a server that Prometheus scrapes, with
// a dashboard for Grafana and alerts.
//
// # Metrics
//
//   - ginauth.events, a counter: the events. Attributes: ginauth.event (the
//     kind, such as request_refused), http.request.method, http.route,
//     http.response.status_code, ginauth.class, ginauth.code and
//     ginauth.credential, each where the event has it.
//   - ginauth.guard.duration, a histogram in seconds: how long the guard took to
//     decide about a request. Attributes: ginauth.event and http.route.
//
// Every attribute has as many values as the program declares: clients cannot
// add any, since a route is a template and a method outside of the standards is
// "_OTHER". No attribute says who made a request: neither the user, nor the
// address, nor an id.
//
// # Spans
//
// An event is added to the span of the request that is current when the guard
// decides, if there is one: register a middleware such as otelgin before
// calling [ginauth.New]. Its name is that of the kind, such as
// ginauth.request_refused. It has the attributes above with the exception of
// method and route, which the span has, and besides ginauth.request_id,
// ginauth.cause (why something failed) and ginauth.guard.duration. The package
// starts no spans, and leaves the status of the span to the middleware.
//
// Names of attributes that do not begin with ginauth are those of OpenTelemetry's
// semantic conventions.
package otelginauth
