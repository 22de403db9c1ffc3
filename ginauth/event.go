package ginauth

import (
	"context"
	"net/netip"
	"time"
)

// EventKind is what an [Event] reports. Its text does not change: it is fit
// for the label of a metric and for the column of an audit trail.
type EventKind string

// Decisions of a guard about a request, and answers of [Abort]. A request that
// passes the guard may still be refused by its handler.
const (
	RequestRefused   EventKind = "request_refused"   // 4xx, except for the next kind
	RequestThrottled EventKind = "request_throttled" // 429
	RequestFailed    EventKind = "request_failed"    // 5xx: a failure on our side
	RequestCanceled  EventKind = "request_canceled"  // the client went away before the answer
	RequestPassed    EventKind = "request_passed"    // only for a [PassObserver]
)

// Outcomes of a login. With Basic authentication each request is a login. A
// login that could not be tested is [RequestFailed] only.
const (
	LoginSucceeded EventKind = "login_succeeded"
	LoginFailed    EventKind = "login_failed" // wrong, or refused by a requirement: see Event.Code
	LoginHeld      EventKind = "login_held"   // untested, after too many failures
)

// Changes to a credential.
const (
	CredentialIssued  EventKind = "credential_issued"
	CredentialRotated EventKind = "credential_rotated" // a new secret has replaced the old one
	CredentialRevoked EventKind = "credential_revoked"
	CredentialReused  EventKind = "credential_reused" // a used refresh token came again: its family has ended
)

// StoreFailed reports a failure that did not fail the request, such as that of
// a throttle with FailOpen.
const StoreFailed EventKind = "store_failed"

// Event is something that an operator or an auditor may want to know. Fields
// that do not apply are zero. It contains no password, token, key, code or
// cookie, nor a path or a query of a request, which may contain one.
type Event struct {
	Kind EventKind
	Time time.Time

	// The request, unless the event happened outside one.
	Method    string
	Route     string     // the template, such as /notes/:id; "" if no route matched
	Client    netip.Addr // see [ClientAddress]
	RequestID string     // see [RequestID]

	// Subject is the name of the user, as [Identity.Subject] returns it, who
	// makes the request or, at a login, who has logged in: "anonymous" for a
	// failed one. Owner is the subject whose credential it is, if another one.
	Subject string
	Owner   string

	// The answer to the request.
	Status int
	Code   string
	Class  string // the name of the class that refused or failed; see [Name]

	// Cause is the text of the error behind a failure or a refusal, on one
	// line, without the hosts, users and databases that drivers name.
	Cause string

	// Duration is how long the guard took to decide. It is zero for what
	// handlers answer, and if no [PassObserver] is there.
	Duration time.Duration

	// Credential is the kind of the credential: password, token, access_token,
	// session, jwt, or all for a logout everywhere. Handlers may add their own,
	// such as api_key. CredentialID identifies it without being of use to
	// authenticate: the key of its row, the claim jti of a JSON web token, or a
	// hash of a secret. Family is the claim sid.
	Credential   string
	CredentialID string
	Family       string
}

// Observer receives events, for example to count them as metrics or to write an
// audit trail. See [Observers].
//
// Observe is called by the request itself, before the client is answered, and
// at once from many requests: it must be safe for concurrent use, and must not
// block. Its context is that of the request, which may have been canceled, and
// an [Emit] with it tells the same observers. It leads to the request, with its
// body: keep that of [WithoutRequest] instead. A panic is logged at level Error
// and changes no answer.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// PassObserver is implemented by an [Observer] that is told of [RequestPassed]
// too, if ObservesPasses reports true when [New] is called. This costs each
// request some allocations.
type PassObserver interface {
	ObservesPasses() bool
}
