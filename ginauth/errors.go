package ginauth

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// Error is a refusal: what the client is told and, apart from that, what is
// logged (DRF: APIException). Classes return it, and handlers end a request
// with it through [Abort].
type Error struct {
	Status int           // the HTTP status; 401 becomes 403 where the route has no challenge to offer
	Code   string        // for programs, e.g. "not_authenticated"
	Detail any           // for people: a string is sent as {"detail": ...}, any other JSON value as it is
	Wait   time.Duration // Retry-After, rounded up to seconds; zero: no such header
	Err    error         // the cause: logged, never sent
}

// Error returns the status, the code and the cause, for logs. It leaves out the
// detail.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d %s: %v", e.Status, e.Code, e.Err)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Code)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithDetail returns a copy that tells the client detail.
func (e *Error) WithDetail(detail any) *Error {
	with := *e
	with.Detail = detail
	return &with
}

// WithCode returns a copy with this code.
func (e *Error) WithCode(code string) *Error {
	with := *e
	with.Code = code
	return &with
}

// Because returns a copy with this cause, which is logged and never sent.
func (e *Error) Because(cause error) *Error {
	with := *e
	with.Err = cause
	return &with
}

// AvailableIn returns a copy that says when the request may be tried again,
// rounded up to seconds: in Retry-After and, if the detail is a string, at its
// end.
func (e *Error) AvailableIn(wait time.Duration) *Error {
	with := *e
	with.Wait = wait
	with.Detail = availableIn(e.Detail, wait)
	return &with
}

func availableIn(detail any, wait time.Duration) any {
	text, ok := detail.(string)
	if !ok {
		return detail
	}
	seconds, unit := retrySeconds(wait), "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return fmt.Sprintf("%s Expected available in %d %s.", text, seconds, unit)
}

// The constructors below return a new Error with the status, code and text of
// the class of that name in rest_framework.exceptions. ServerError is
// APIException itself. DRF lacks RequestTooLarge, InsufficientScope and
// Unavailable.

// NotAuthenticated is 401: "Authentication credentials were not provided."
func NotAuthenticated() *Error {
	return &Error{
		Status: http.StatusUnauthorized, Code: "not_authenticated",
		Detail: "Authentication credentials were not provided.",
	}
}

// AuthenticationFailed is 401: "Incorrect authentication credentials."
func AuthenticationFailed() *Error {
	return &Error{
		Status: http.StatusUnauthorized, Code: "authentication_failed",
		Detail: "Incorrect authentication credentials.",
	}
}

// PermissionDenied is 403: "You do not have permission to perform this action."
func PermissionDenied() *Error {
	return &Error{
		Status: http.StatusForbidden, Code: "permission_denied",
		Detail: "You do not have permission to perform this action.",
	}
}

// NotFound is 404: "Not found."
func NotFound() *Error {
	return &Error{Status: http.StatusNotFound, Code: "not_found", Detail: "Not found."}
}

// ParseError is 400: "Malformed request."
func ParseError() *Error {
	return &Error{Status: http.StatusBadRequest, Code: "parse_error", Detail: "Malformed request."}
}

// ValidationError is 400 with the given errors: a string becomes a list of one,
// any other value is sent as it is.
func ValidationError(detail any) *Error {
	if text, ok := detail.(string); ok {
		detail = []string{text}
	}
	return &Error{Status: http.StatusBadRequest, Code: "invalid", Detail: detail}
}

// MethodNotAllowed is 405: "Method "M" not allowed."
func MethodNotAllowed(method string) *Error {
	return &Error{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Detail: `Method "` + method + `" not allowed.`,
	}
}

// RequestTooLarge is 413. DRF leaves the limit to Django, which answers a bare
// 400.
func RequestTooLarge() *Error {
	return &Error{
		Status: http.StatusRequestEntityTooLarge, Code: "request_too_large",
		Detail: "Request body too large.",
	}
}

// UnsupportedMediaType is 415: "Unsupported media type "T" in request."
func UnsupportedMediaType(mediaType string) *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
		Detail: `Unsupported media type "` + mediaType + `" in request.`}
}

// Throttled is 429: "Request was throttled.", with an unknown wait. See
// [Error.AvailableIn].
func Throttled() *Error {
	return &Error{Status: http.StatusTooManyRequests, Code: "throttled", Detail: "Request was throttled."}
}

// InsufficientScope is 403: "The token does not have the scope that this
// needs." (RFC 6750 section 3.1).
func InsufficientScope() *Error {
	return &Error{
		Status: http.StatusForbidden, Code: "insufficient_scope",
		Detail: "The token does not have the scope that this needs.",
	}
}

// ServerError is 500: "A server error occurred."
func ServerError(cause error) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: "error", Detail: "A server error occurred.", Err: cause}
}

// Unavailable is 503, for a database or another service that did not answer,
// where Django answers a bare 500. If the cause, or an error that it wraps, has
// a method RetryAfter() time.Duration, that is when the request may be tried
// again. Otherwise it asks for five seconds (RFC 9110 section 10.2.3), which
// promises nothing, and which the detail does not repeat.
func Unavailable(cause error) *Error {
	e := &Error{Status: http.StatusServiceUnavailable, Code: "service_unavailable",
		Detail: "Service temporarily unavailable, try again later.", Wait: unavailableWait, Err: cause}
	if late, ok := errors.AsType[retryable](cause); ok && late.RetryAfter() > 0 {
		return e.AvailableIn(late.RetryAfter())
	}
	return e
}

// unavailableWait is how long clients are asked to wait when nothing is known
// of the end of a failure. It is longer than a request waits for a database that
// hangs, so that no client has two requests that wait, and shorter than what a
// person bears to wait after the end.
const unavailableWait = 5 * time.Second

// retryable is a failure that knows when it will be over.
type retryable interface {
	error
	RetryAfter() time.Duration
}

// refuser is implemented by the errors of packages that do not import this one,
// if they are refusals and not failures.
type refuser interface {
	error
	Refusal() (status int, code, detail string)
}

// refusalOf returns the refusal that a [refuser] stands for, or nil.
func refusalOf(err error) *Error {
	known, ok := errors.AsType[refuser](err)
	if !ok {
		return nil
	}
	status, code, detail := known.Refusal()
	if status < http.StatusBadRequest || status >= http.StatusInternalServerError {
		return nil
	}
	return &Error{Status: status, Code: code, Detail: detail, Err: err}
}

// retrySeconds rounds a wait up to the whole seconds of Retry-After.
func retrySeconds(wait time.Duration) int64 {
	return int64(math.Ceil(max(wait, 0).Seconds()))
}
