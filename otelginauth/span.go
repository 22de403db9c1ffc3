package otelginauth

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ginauth/ginauth/ginauth"
)

// annotate adds an event to the current span, if one is recorded.
func (o *Observer) annotate(ctx context.Context, e *ginauth.Event) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	attributes := outcome(make([]attribute.KeyValue, 0, maxAttributes), e)
	attributes = appendText(attributes, requestIDKey, e.RequestID)
	attributes = appendText(attributes, causeKey, e.Cause)
	if e.Duration > 0 {
		attributes = append(attributes, durationKey.Float64(e.Duration.Seconds()))
	}
	if o.config.IdentifyUsers {
		attributes = identify(attributes, e)
	}
	options := []trace.EventOption{trace.WithAttributes(attributes...)}
	if !e.Time.IsZero() {
		options = append(options, trace.WithTimestamp(e.Time))
	}
	span.AddEvent("ginauth."+string(e.Kind), options...)
}

// identify appends the attributes that are personal data.
func identify(to []attribute.KeyValue, e *ginauth.Event) []attribute.KeyValue {
	to = appendText(to, semconv.EnduserIDKey, e.Subject)
	to = appendText(to, ownerKey, e.Owner)
	if e.Client.IsValid() {
		to = append(to, semconv.ClientAddress(e.Client.String()))
	}
	to = appendText(to, credentialIDKey, e.CredentialID)
	return appendText(to, familyKey, e.Family)
}
