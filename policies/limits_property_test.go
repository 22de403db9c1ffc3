package policies_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// formula is a permission, and what it means for one object: the answer to a
// limited credential, the wide answer (see limits), and the scopes it names.
type formula struct {
	permission   ginauth.Permission
	narrow, wide bool
	names        []string
	opaque       bool // a part is a class of an application's own around others
}

// scholar is a user who has every scope's permissions.
type scholar struct{}

func (scholar) Authenticated() bool                            { return true }
func (scholar) HasScope(context.Context, string) (bool, error) { return true, nil }

// constant is a class whose answers are fixed.
type constant struct {
	request, object, ruled bool
}

func (p constant) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return p.request, nil }
func (p constant) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return p.object || !p.ruled, nil
}
func (p constant) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{NoObjectRule: !p.ruled}
}
func (p constant) String() string { return fmt.Sprintf("%v/%v", p.request, p.object || !p.ruled) }

func (s naming) String() string { return "naming " + string(s) }

// plain is a class of an application around another one. It forwards decisions,
// and nothing about scopes.
type plain struct{ ginauth.Permission }

func (p plain) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return p.Permission.HasPermission(c, id)
}
func (p plain) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return p.Permission.(ginauth.ObjectPermission).HasObjectPermission(c, id, obj)
}
func (p plain) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{NoObjectRule: !ginauth.HasObjectRule(p.Permission)}
}
func (p plain) String() string { return "plain(" + ginauth.Name(p.Permission) + ")" }

// operators are ours or DRF's.
type operators struct {
	all, any func(a, b ginauth.Permission) ginauth.Permission
	not      func(a ginauth.Permission) ginauth.Permission
	objects  bool
}

var ours = operators{
	func(a, b ginauth.Permission) ginauth.Permission { return policies.All(a, b) },
	func(a, b ginauth.Permission) ginauth.Permission { return policies.Any(a, b) },
	policies.Not, true,
}

var theirs = operators{drf.All, drf.Any, drf.Not, false}

// draw returns a random formula of at most that depth for a credential.
func (o operators) draw(lot *rand.Rand, credential carried, depth int) formula {
	kind := lot.IntN(9)
	if depth == 0 {
		kind = lot.IntN(3)
	}
	scope := string("abc"[lot.IntN(3)])
	switch kind {
	case 0:
		has := credential.HasScope(scope)
		return formula{policies.HasScope(scope), has, has, []string{scope}, false}
	case 1:
		return formula{naming(scope), credential.HasScope(scope), true, []string{scope}, false}
	case 2:
		p := constant{lot.IntN(4) > 0, lot.IntN(2) == 0, o.objects && lot.IntN(2) == 0}
		yes := p.request && (p.object || !p.ruled)
		return formula{p, yes, yes, nil, false}
	case 3:
		a := o.draw(lot, credential, depth-1)
		return formula{o.not(a.permission), !a.wide, !a.narrow, nil, a.opaque}
	case 4:
		a := o.draw(lot, credential, depth-1)
		_, composed := a.permission.(ginauth.Decider)
		if _, conceals := a.permission.(ginauth.Concealer); composed && !conceals && lot.IntN(2) == 0 {
			return formula{plain{a.permission}, a.narrow, a.wide, nil, true}
		}
		if lot.IntN(2) == 0 {
			return formula{policies.Deny(a.permission, "No.", ""), a.narrow, a.wide, a.names, a.opaque}
		}
		return formula{policies.Conceal(a.permission), a.narrow, a.wide, a.names, a.opaque}
	}
	a, b := o.draw(lot, credential, depth-1), o.draw(lot, credential, depth-1)
	names, opaque := append(slices.Clone(a.names), b.names...), a.opaque || b.opaque
	lacks := len(names) > 0 && !slices.ContainsFunc(names, credential.HasScope)
	if kind < 7 {
		return formula{o.all(a.permission, b.permission), a.narrow && b.narrow && !lacks, a.wide && b.wide, names, opaque}
	}
	narrow := a.narrow || b.narrow
	switch {
	case len(a.names) > 0 && len(b.names) == 0:
		narrow = a.narrow
	case len(b.names) > 0 && len(a.names) == 0:
		narrow = b.narrow
	}
	return formula{o.any(a.permission, b.permission), narrow && !lacks, a.wide || b.wide, names, opaque}
}

// TestScopesThroughAnyComposition checks random compositions: a limited
// credential may do what their formulas say.
func TestScopesThroughAnyComposition(t *testing.T) {
	for name, o := range map[string]operators{"ours": ours, "DRF's": theirs} {
		lot := rand.New(rand.NewPCG(1, 2))
		passed, requests := 0, 15000
		for range requests {
			credential := carried{}
			for _, scope := range []string{"a", "b", "c"} {
				if lot.IntN(2) == 0 {
					credential = append(credential, scope)
				}
			}
			classes, want, named, opaque := []ginauth.Permission{}, true, false, false
			for len(classes) == 0 || lot.IntN(3) == 0 {
				f := o.draw(lot, credential, 4)
				if slices.Contains(classes, f.permission) { // a mistake, see PermissionClasses
					continue
				}
				classes = append(classes, f.permission)
				want = want && f.narrow
				named, opaque = named || len(f.names) > 0, opaque || f.opaque
			}
			want = want && named
			got := passes(credential, classes)
			if want {
				passed++
			}
			if got != want && (got || o.objects && !opaque) { // what is not ours to see through may refuse more
				t.Fatalf("%s: a token with %q: %v, want %v: %v", name, credential, got, want, classes)
			}
		}
		if passed < requests/20 {
			t.Errorf("%s: only %d passed", name, passed)
		}
	}
}

// passes reports whether the guard and the check of an object let pass.
func passes(credential carried, classes []ginauth.Permission) bool {
	result, called := false, false
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(classes[0], classes[1:]...),
		ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Carried", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: scholar{}, Auth: credential}, nil
		})))
	auth.With(engine, ginauth.ObjectsInHandler()).GET("/", func(c *gin.Context) {
		called = true
		result = ginauth.CheckObject(c, &paper{}) == nil
	})
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	return called && result
}
