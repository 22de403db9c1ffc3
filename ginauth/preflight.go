package ginauth

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"
)

// preflightTimeout is for all classes and added checks together.
const preflightTimeout = 2 * time.Second

// engineChecks are those that [Auth.AddCheck] has added.
type engineChecks struct {
	mu   sync.Mutex
	list []engineCheck
}

type engineCheck struct {
	check  func(ctx context.Context, authenticators []Authenticator) error
	source string
}

// AddCheck adds to [Auth.Check] what is wrong with the engine as a whole. The
// function is given the authenticators of all routes, those that others wrap
// too, and has the contract of [Preflighter]. It panics if the function is nil.
func (a *Auth) AddCheck(check func(ctx context.Context, authenticators []Authenticator) error) {
	a.mustBeMade()
	if check == nil {
		panic("ginauth: AddCheck was given nil")
	}
	a.checks.mu.Lock()
	defer a.checks.mu.Unlock()
	a.checks.list = append(a.checks.list, engineCheck{check, caller()})
}

func (e *engineChecks) added() []engineCheck {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// checkClasses asks the classes of all routes, and what has been added.
func (a *Auth) checkClasses(chains []registered) (all []remark) {
	ctx, cancel := context.WithTimeout(context.Background(), preflightTimeout)
	defer cancel()
	asked := preflight{ctx, map[Preflighter][]string{}}
	var authenticators []Authenticator
	look := func(method, path string, b *binding) {
		if b == nil {
			return
		}
		for _, class := range b.classes() {
			if authenticator, ok := class.(Authenticator); ok {
				authenticators = append(authenticators, authenticator)
			}
			for _, problem := range asked.of(class) {
				all = append(all, remark{Finding{method, path, Name(class) + ": " + problem}, b.source, true})
			}
		}
	}
	for _, r := range chains {
		look(r.method, r.path, a.effective(r))
	}
	look("*", noRoute, a.unmatchedBinding())
	for _, c := range a.checks.added() {
		for _, problem := range problems(ctx, c.check(ctx, authenticators)) {
			all = append(all, remark{Finding{Message: problem}, c.source, true})
		}
	}
	return all
}

// classes returns the classes of the policy, with those that they wrap or are
// made of.
func (b *binding) classes() (all []any) {
	for class := range unwrapped(b.policy.authenticators) {
		all = append(all, class)
	}
	for class := range parts(b.policy.permissions) {
		all = append(all, class)
	}
	for _, class := range b.policy.throttles {
		all = append(all, class)
	}
	return all
}

// preflight remembers what classes have answered.
type preflight struct {
	ctx      context.Context //nolint:containedctx // it lasts as long as one Check
	answered map[Preflighter][]string
}

// of returns what is wrong with a class.
func (p preflight) of(class any) []string {
	asked, ok := class.(Preflighter)
	if !ok {
		return nil
	}
	if !reflect.ValueOf(class).Comparable() {
		return problems(p.ctx, asked.Preflight(p.ctx))
	}
	answer, known := p.answered[asked]
	if !known {
		answer = problems(p.ctx, asked.Preflight(p.ctx))
		p.answered[asked] = answer
	}
	return answer
}

// problems returns the lines of an answer, and none if the time was over: what
// could not be found out is no finding.
func problems(ctx context.Context, err error) (lines []string) {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // as errors.Join returns it
		for _, err := range joined.Unwrap() {
			lines = append(lines, problems(ctx, err)...)
		}
		return lines
	}
	return []string{err.Error()}
}
