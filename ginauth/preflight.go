package ginauth

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"
)

// preflightTimeout limits all classes and added checks together.
const preflightTimeout = 2 * time.Second

// engineChecks holds the checks that [Auth.AddCheck] and [Auth.AddDeployCheck]
// have added.
type engineChecks struct {
	mu     sync.Mutex
	list   []engineCheck
	deploy []deployCheck
}

type engineCheck struct {
	check  func(ctx context.Context, authenticators []Authenticator) error
	source declaration
}

// AddCheck adds a function to [Auth.Check] that says what is wrong with the
// engine as a whole. It is given the authenticators of all routes, including
// those that others wrap, and has the contract of [Preflighter]. AddCheck
// panics if the function is nil.
func (a *Auth) AddCheck(check func(ctx context.Context, authenticators []Authenticator) error) {
	a.mustBeMade()
	if check == nil {
		panic("ginauth: AddCheck was given nil; give it a function")
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

// checkClasses asks the classes of all routes, the observers, and the added
// checks.
func (a *Auth) checkClasses(chains []registered) (all []remark) {
	ctx, cancel := context.WithTimeout(context.Background(), preflightTimeout)
	defer cancel()
	asked := newSurvey(ctx, Preflighter.Preflight)
	var authenticators []Authenticator
	a.eachBinding(chains, func(method, path string, b *binding) {
		for _, class := range b.classes() {
			if authenticator, ok := class.(Authenticator); ok {
				authenticators = append(authenticators, authenticator)
			}
			for _, problem := range asked.of(class) {
				all = append(all, remark{Finding{method, path, Name(class) + ": " + problem}, b.source.String(), true})
			}
			for _, problem := range lost(class) {
				all = append(all, remark{Finding{method, path, Name(class) + problem}, b.source.String(), true})
			}
		}
	})
	for _, o := range a.events.observers {
		for _, problem := range asked.of(o.Observer) {
			all = append(all, remark{Finding: Finding{Message: Name(o.Observer) + ": " + problem}})
		}
	}
	for _, c := range a.checks.added() {
		for _, problem := range problems(ctx, c.check(ctx, authenticators)) {
			all = append(all, remark{Finding{Message: problem}, c.source.String(), true})
		}
	}
	return all
}

// eachBinding calls look for every guarded route, and for unmatched requests.
func (a *Auth) eachBinding(chains []registered, look func(method, path string, b *binding)) {
	for _, r := range chains {
		if b := a.effective(r); b != nil {
			look(r.method, r.path, b)
		}
	}
	if b := a.unmatchedBinding(); b != nil {
		look("*", noRoute, b)
	}
}

// classes returns the classes of the policy, including those that they wrap or
// are composed of.
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

// survey asks classes of type T a question, each once.
type survey[T any] struct {
	ctx      context.Context //nolint:containedctx // a survey lasts as long as one Check
	ask      func(class T, ctx context.Context) error
	answered map[any][]string
}

func newSurvey[T any](ctx context.Context, ask func(T, context.Context) error) survey[T] {
	return survey[T]{ctx, ask, map[any][]string{}}
}

// of returns the problems of a class.
func (s survey[T]) of(class any) []string {
	asked, ok := class.(T)
	if !ok {
		return nil
	}
	if !reflect.ValueOf(class).Comparable() {
		return problems(s.ctx, s.ask(asked, s.ctx))
	}
	answer, known := s.answered[class]
	if !known {
		answer = problems(s.ctx, s.ask(asked, s.ctx))
		s.answered[class] = answer
	}
	return answer
}

// problems returns the lines of an answer, or nothing after the timeout, since
// an answer that could not be found out is not a finding.
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
