package ginauth

import (
	"fmt"
	"time"
)

// throttles looks at the throttles in the order of the guard, see
// binding.throttle, and returns the refusal or nil.
func (x *inspection) throttles() *Error {
	var t admissions
	for _, class := range x.b.policy.throttles {
		if e := x.peek(&t, class); e != nil {
			return e
		}
	}
	if own, ok := x.id.Auth.(Throttle); ok {
		if t.refusing != nil {
			x.unasked(own)
		} else if e := x.peek(&t, own); e != nil {
			return e
		}
	}
	return t.refusal()
}

// unasked lists a throttle that the guard would not ask.
func (x *inspection) unasked(class Throttle) {
	x.steps = append(x.steps, Step{Kind: "throttle", Class: Name(class), Outcome: notAsked})
}

// peek asks what a throttle would answer, if it can tell.
func (x *inspection) peek(t *admissions, class Throttle) *Error {
	if !x.scope.throttles {
		x.unasked(class)
		return nil
	}
	step := Step{Kind: "throttle", Class: Name(class), Outcome: unknown}
	defer func() { x.steps = append(x.steps, step) }()
	peeker, ok := class.(Peeker)
	if !ok {
		return nil
	}
	a, known, err := peeker.Peek(x.c, x.id)
	switch {
	case err != nil:
		e := failure(class, err)
		step.Outcome = outcomeOr(unknown, e)
		return e
	case known:
		step.Outcome = admissionText(a)
		t.record(class, a)
	}
	return nil
}

const unknown = "unknown"

// admissionText describes the answer of a throttle, with what was left before
// the request: "yes; 37 left of 100, more in 12s", or "no; more in 12s".
func admissionText(a Admission) string {
	q := a.Quota
	counted := q != (Quota{})
	switch left := q.Remaining + 1; {
	case !a.Allowed && (a.Wait <= 0 || counted && q.Limit == 0):
		return no
	case !a.Allowed:
		return no + "; more in " + inSeconds(a.Wait)
	case !counted:
		return yes + "; not counted"
	case q.Window <= 0:
		return fmt.Sprintf("%s; %d left of %d in all", yes, left, q.Limit)
	case left >= q.Limit:
		return fmt.Sprintf("%s; %d left of %d", yes, left, q.Limit)
	default:
		return fmt.Sprintf("%s; %d left of %d, more in %s", yes, left, q.Limit, inSeconds(q.Reset))
	}
}

// inSeconds returns a time in whole seconds, as Retry-After has it.
func inSeconds(d time.Duration) string {
	return (time.Duration(wholeSeconds(d)) * time.Second).String()
}
