// Package trial lets tests act as a user without a credential, and tells them
// what the guard has decided. Only package ginauthtest makes trials.
package trial

import (
	"context"
	"sync/atomic"
)

// Trial is a request of a test.
type Trial struct {
	Identity any // in place of credentials: a *ginauth.Identity, or nil for none

	Passed, Refused atomic.Bool // set by a guard
}

// begun is whether there has been any trial, which there is in no server: the
// guard then looks for none.
var begun atomic.Bool

type key struct{}

// With returns a context that carries a trial.
func With(ctx context.Context, t *Trial) context.Context {
	begun.Store(true)
	return context.WithValue(ctx, key{}, t)
}

// Of returns the trial that a context carries, or nil.
func Of(ctx context.Context) *Trial {
	if !begun.Load() {
		return nil
	}
	t, _ := ctx.Value(key{}).(*Trial)
	return t
}

// Decided records the decision of a guard. It does nothing for a nil trial.
func (t *Trial) Decided(passes bool) {
	switch {
	case t == nil:
	case passes:
		t.Passed.Store(true)
	default:
		t.Refused.Store(true)
	}
}
