package ginauth

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// Wrapper is an optional ability of an [Authenticator] that asks another one,
// such as a cache, so that [Auth.Check] knows that one too.
type Wrapper interface {
	Wrapped() Authenticator
}

// ScopeDefiner is an optional ability of an [Authenticator]: whether the scope
// is among those that its users and credentials can have. [Auth.Check] finds
// permissions that ask for others, which fail on every request.
type ScopeDefiner interface {
	DefinesScope(name string) bool
}

// Problematic is an optional ability of an [Authenticator] that can be wrong
// wherever it is used: Problem returns what is wrong with it and the mend, or the
// empty string. [Auth.Check] tells it once.
type Problematic interface {
	Problem() string
}

// Composite is an optional ability of a [Permission] that asks others, such as
// All, Any, and Not: Parts returns those. [Auth.Check] looks at them too.
type Composite interface {
	Parts() []Permission
}

// leaves yields the permissions that ask no others.
func leaves(permissions []Permission) iter.Seq[Permission] {
	return func(yield func(Permission) bool) {
		for _, p := range permissions {
			c, ok := p.(Composite)
			if !ok && !yield(p) {
				return
			}
			if ok {
				for leaf := range leaves(c.Parts()) {
					if !yield(leaf) {
						return
					}
				}
			}
		}
	}
}

// unwrapped yields the classes, and those that they wrap.
func unwrapped(classes []Authenticator) iter.Seq[Authenticator] {
	return func(yield func(Authenticator) bool) {
		for _, class := range classes {
			for class != nil {
				if !yield(class) {
					return
				}
				w, ok := class.(Wrapper)
				if !ok {
					break
				}
				class = w.Wrapped()
			}
		}
	}
}

func (b *binding) checkDefinedScopes() string {
	for class := range unwrapped(b.policy.authenticators) {
		d, ok := class.(ScopeDefiner)
		if !ok {
			continue
		}
		var lacking []string
		for p := range leaves(b.policy.permissions) {
			for _, name := range TokenScopesOf(p) {
				if !d.DefinesScope(name) {
					lacking = append(lacking, name)
				}
			}
		}
		if len(lacking) > 0 {
			return "the scope " + strings.Join(lacking, ", ") + " is not defined in the database of " + Name(class) +
				": db.Use(models.Scopes{...}) with it before the classes are made"
		}
	}
	return ""
}

// engineChecks are those that [Auth.AddCheck] has added.
type engineChecks struct {
	mu   sync.Mutex
	list []engineCheck
}

type engineCheck struct {
	check  func(authenticators []Authenticator) (problem string)
	source string
}

// AddCheck adds to [Auth.Check] what is wrong with the engine as a whole. The
// function is given the authenticators of all routes, those that others wrap
// too, and returns the problem and its mend, or the empty string.
func (a *Auth) AddCheck(check func(authenticators []Authenticator) (problem string)) {
	a.checks.mu.Lock()
	defer a.checks.mu.Unlock()
	a.checks.list = append(a.checks.list, engineCheck{check, caller()})
}

// checkEngine returns what the added checks find.
func (a *Auth) checkEngine(chains []registered) (remarks []remark) {
	var all []Authenticator
	add := func(b *binding) {
		if b != nil {
			for class := range unwrapped(b.policy.authenticators) {
				all = append(all, class)
			}
		}
	}
	for _, r := range chains {
		add(a.effective(r))
	}
	add(a.unmatchedBinding())
	told := map[string]bool{}
	tell := func(problem, source string) {
		if problem != "" && !told[problem] {
			told[problem] = true
			remarks = append(remarks, remark{Finding: Finding{Message: problem + source}})
		}
	}
	for _, c := range a.checks.added() {
		tell(c.check(all), " (declared at "+c.source+")")
	}
	for _, class := range all {
		if p, ok := class.(Problematic); ok {
			tell(p.Problem(), "")
		}
	}
	return remarks
}

func (e *engineChecks) added() []engineCheck {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}
