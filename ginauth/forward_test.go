package ginauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// Parts with one ability each.
type (
	speaking struct{ permission }
	hiding   struct{ permission }
	needing  struct{ permission }
	naming   struct{ permission }
	ruled    struct{ permission }
	deciding struct{ ruled }
)

func (speaking) Message() any { return "No." }
func (speaking) Code() string { return "" }
func (hiding) Conceals() bool { return true }
func (needing) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{RequiresUser: true}
}
func (naming) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{TokenScopes: []string{"read"}}
}
func (ruled) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return true, nil
}
func (deciding) Decide(ginauth.Question) (ginauth.Permission, error) { return nil, nil }

// losing asks a part and says so, and has nothing else; keeping has all
// abilities.
type (
	losing struct {
		permission
		part ginauth.Permission
	}
	keeping struct{ losing }
)

func (f losing) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{All: []ginauth.Permission{f.part}}
}

func (keeping) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return true, nil
}
func (keeping) Decide(ginauth.Question) (ginauth.Permission, error) { return nil, nil }

// silent asks another authenticator, and has no challenge.
type silent struct{ asked ginauth.Authenticator }

func (s silent) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	return s.asked.Authenticate(c)
}
func (s silent) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: s.asked}
}
func (silent) String() string { return "Silent" }

// TestCheckFindsForgottenAbilities checks that a class which asks another one
// must have the abilities of that one.
func TestCheckFindsForgottenAbilities(t *testing.T) {
	part := permission{name: "Part", allow: anyone.allow}
	for _, row := range []struct {
		name string
		part ginauth.Permission
		want []string // what is lost, and the method
	}{
		{name: "no ability", part: part},
		{name: "a message", part: speaking{part}, want: []string{"the answer to a refusal", "Decide"}},
		{name: "concealment", part: hiding{part}, want: []string{"the answer to a refusal", "Decide"}},
		{name: "a message, deeper", part: keeping{losing{part, speaking{part}}}, want: []string{
			"the rule about objects", "HasObjectPermission", "the rule about drafts", "Decide", "the answer to a refusal", "Decide"}},
		{name: "a user", part: needing{part}}, // stated, so it holds for the whole; see below
		{name: "scopes", part: naming{part}},  // this too
		{name: "objects", part: ruled{part}, want: []string{"the rule about objects", "HasObjectPermission"}},
		{name: "drafts, or which part", part: deciding{ruled{part}},
			want: []string{"the rule about objects", "HasObjectPermission", "the rule about drafts", "Decide"}},
	} {
		var want []string
		for pair := range slices.Chunk(row.want, 2) {
			want = append(want, fmt.Sprintf("GET /x: Whole loses %s of Part: give it a method %s", pair[0], pair[1]))
		}
		whole := losing{permission{"Whole", anyone.allow}, row.part}
		if got := undeclared(whole); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s, forgotten:\n%q, want\n%q", row.name, got, want)
		}
		if got := undeclared(keeping{whole}); len(got) > 0 {
			t.Errorf("%s, not forgotten: %q", row.name, got)
		}
	}
}

// undeclared returns what Check finds about a permission, without the line of
// its declaration.
func undeclared(p ginauth.Permission) (all []string) {
	engine, auth := newEngine()
	auth.With(engine, ginauth.PermissionClasses(p), ginauth.ObjectsInHandler()).GET("/x", ok)
	return bare(findings(auth))
}

// bare returns findings without the lines of their declarations.
func bare(findings []string) (all []string) {
	for _, finding := range findings {
		finding, _, _ = strings.Cut(finding, " (declared at ")
		all = append(all, finding)
	}
	return all
}

// TestCheckFindsAForgottenChallenge checks a wrapper without the challenge of
// its authenticator, whose refusals would be 403, not 401.
func TestCheckFindsAForgottenChallenge(t *testing.T) {
	for _, row := range []struct {
		name  string
		class ginauth.Authenticator
		want  []string
	}{
		{name: "none", class: byHeader{"X"}},
		{name: "nothing is asked", class: silent{}},
		{name: "one that has no challenge is asked", class: silent{silent{}}},
		{name: "forgotten", class: silent{byHeader{"X"}},
			want: []string{"GET /x: Silent loses the challenge of ByHeader: give it a method Challenge"}},
	} {
		engine, auth := newEngine()
		auth.With(engine, ginauth.AuthenticationClasses(row.class)).GET("/x", ok)
		if got := bare(findings(auth)); fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// stating is a permission that states all that one can state, beside openness.
type stating struct{ permission }

func (stating) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		RequiresUser: true,
		TokenScopes:  []string{"write", "read"},
		Ways: func(method string, _ bool) []ginauth.Alternative {
			if method == http.MethodHead {
				return []ginauth.Alternative{{}}
			}
			return []ginauth.Alternative{{User: true}}
		},
		CheckObjectType: func(obj any) error { return fmt.Errorf("Part cannot judge a %T", obj) },
		CheckIdentities: func(classes []ginauth.Authenticator) error {
			if len(classes) > 0 {
				return errors.New("Part refuses what " + ginauth.Name(classes[0]) + " identifies")
			}
			return nil
		},
	}
}

// shape states this about itself.
type shape struct {
	permission
	traits ginauth.PermissionTraits
}

func (s shape) Describe() ginauth.PermissionTraits { return s.traits }

// typed is a loader of documents that names their type, and no parameter.
type typed struct{}

func (typed) LoadObject(*gin.Context) (any, error) { return &document{}, nil }
func (typed) NewObject() any                       { return &document{} }

// TestWhatPartsStateHoldsForTheWhole checks that a permission which says how it
// asks others need not repeat what they state: how the guard treats scopes, what
// Check finds, which routes are open, and how they are described.
func TestWhatPartsStateHoldsForTheWhole(t *testing.T) {
	part, open := stating{anyone}, ginauth.Public("x")
	list := func(parts ...ginauth.Permission) []ginauth.Permission { return parts }
	const (
		checked = "Part cannot judge a *ginauth_test.document; Part refuses what ByHeader identifies"
		closed  = "Whole refuses every request: the route has no authentication classes"
	)
	for _, row := range []struct {
		name   string
		traits ginauth.PermissionTraits
		scopes string
		open   string // the methods of open routes
		found  string // by Check
		alone  string // by Check, where the route has no authenticators
	}{
		{name: "nothing", scopes: "[]"},
		{name: "all", traits: ginauth.PermissionTraits{All: list(part)}, scopes: "[read write]", open: "HEAD", found: checked, alone: closed},
		{name: "all of two", traits: ginauth.PermissionTraits{All: list(open, part)}, scopes: "[read write]", open: "HEAD", found: checked, alone: closed},
		{name: "any", traits: ginauth.PermissionTraits{Any: list(part, part)}, scopes: "[read write]", open: "HEAD", found: checked, alone: closed},
		{name: "any, and everyone", traits: ginauth.PermissionTraits{Any: list(part, open)}, scopes: "[read write]", open: "GET HEAD", found: checked},
		{name: "not", traits: ginauth.PermissionTraits{Not: list(part)}, scopes: "[]", found: checked},
		{name: "all and any", traits: ginauth.PermissionTraits{All: list(open), Any: list(part)}, scopes: "[read write]", open: "HEAD",
			found: checked, alone: closed},
		{name: "all and not", traits: ginauth.PermissionTraits{All: list(open), Not: list(part)}, scopes: "[]", found: checked},
		{name: "deeper", traits: ginauth.PermissionTraits{All: list(shape{anyone, ginauth.PermissionTraits{Any: list(part)}})},
			scopes: "[read write]", open: "HEAD", found: checked, alone: closed},
		{name: "besides, a scope", traits: ginauth.PermissionTraits{All: list(open), TokenScopes: []string{"own"}}, scopes: "[own]"},
		{name: "besides, a user", traits: ginauth.PermissionTraits{All: list(open), RequiresUser: true}, scopes: "[]", alone: closed},
	} {
		whole := shape{permission{"Whole", anyone.allow}, row.traits}
		if got := fmt.Sprint(ginauth.TokenScopesOf(whole)); got != row.scopes {
			t.Errorf("%s: scopes %s, want %s", row.name, got, row.scopes)
		}
		var methods []string
		engine, auth := newEngine()
		route := auth.With(engine, ginauth.PermissionClasses(whole), ginauth.Object(typed{}))
		route.GET("/x", ok)
		route.HEAD("/x", ok)
		for _, d := range auth.Describe() {
			if d.Open {
				methods = append(methods, d.Method)
			}
			free := slices.ContainsFunc(d.Alternatives, func(x ginauth.Alternative) bool {
				return len(x.Credentials) == 0 && !x.Conditional
			})
			if free != d.Open || fmt.Sprint(d.TokenScopes) != strings.Replace("["+row.scopes+"]", "[[]]", "[]", 1) {
				t.Errorf("%s %s: open %v, but described as %+v with the scopes %v",
					row.name, d.Method, d.Open, d.Alternatives, d.TokenScopes)
			}
		}
		if got := strings.Join(methods, " "); got != row.open {
			t.Errorf("%s: open to %q, want %q", row.name, got, row.open)
		}
		if got := found(auth); got != row.found {
			t.Errorf("%s: found %q, want %q", row.name, got, row.found)
		}
		engine, auth = newEngine()
		auth.With(engine, ginauth.PermissionClasses(whole), ginauth.NoAuthentication()).GET("/x", ok)
		if got := found(auth); got != row.alone {
			t.Errorf("%s, without authenticators: found %q, want %q", row.name, got, row.alone)
		}
	}
}

// judging is a shape with a rule about objects.
type judging struct{ shape }

func (judging) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return false, nil
}

// TestARuleOfTheWholeClosesTheRoute checks that a permission which has a rule
// about objects beside the permissions that it asks is not taken to be as open
// as those are.
func TestARuleOfTheWholeClosesTheRoute(t *testing.T) {
	parts := []ginauth.Permission{ginauth.Public("x")}
	for name, traits := range map[string]ginauth.PermissionTraits{"all": {All: parts}, "any": {Any: parts}} {
		for place, objects := range map[string]ginauth.Rule{"objects": ginauth.ObjectsInHandler(), "no object": ginauth.NoObject()} {
			engine, auth := newEngine()
			whole := judging{shape{permission{"Whole", anyone.allow}, traits}}
			auth.With(engine, ginauth.PermissionClasses(whole), objects).GET("/x", ok)
			d := auth.Describe()[0]
			refuses := slices.ContainsFunc(d.Refusals, func(r ginauth.Refusal) bool { return r.Status == http.StatusForbidden })
			if open := place == "no object"; d.Open != open || refuses == open {
				t.Errorf("%s, %s: open %v, 403 %v, %+v", name, place, d.Open, refuses, d.Alternatives)
			}
		}
	}
}

// found returns the messages of all findings about GET.
func found(auth *ginauth.Auth) string {
	var all []string
	for _, finding := range bare(findings(auth)) {
		if message, ok := strings.CutPrefix(finding, "GET /x: "); ok {
			all = append(all, message)
		}
	}
	return strings.Join(all, "; ")
}

// TestTheTableOfAbilities checks that the tables in doc.go list every interface
// that a permission may implement, and everything that it may state.
func TestTheTableOfAbilities(t *testing.T) {
	contracts, table := source(t, "contracts.go"), source(t, "doc.go")
	_, contracts, _ = strings.Cut(contracts, "type Permission interface")
	contracts, _, _ = strings.Cut(contracts, "type Throttle interface")
	names := regexp.MustCompile(`(?m)^type (\w+) interface \{\n\t(\w+)\(`).FindAllStringSubmatch(contracts, -1)
	if len(names) != 4 {
		t.Errorf("contracts.go has %d abilities of permissions", len(names))
	}
	for _, name := range names {
		if row := regexp.MustCompile(`(?m)^//\t` + name[1] + ` +` + name[2] + `\b`); !row.MatchString(table) {
			t.Errorf("the table in doc.go has no row for %s with its method %s", name[1], name[2])
		}
	}
	traits := reflect.TypeFor[ginauth.PermissionTraits]()
	for i := range traits.NumField() {
		if row := regexp.MustCompile(`(?m)^//\t(\w+, )*` + traits.Field(i).Name + `\b`); !row.MatchString(table) {
			t.Errorf("the table in doc.go has no row for %s", traits.Field(i).Name)
		}
	}
}

func source(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
