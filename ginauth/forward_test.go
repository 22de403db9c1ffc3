package ginauth_test

import (
	"fmt"
	"os"
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
	drafting struct{ ruled }
	deciding struct{ ruled }
)

func (speaking) Message() any        { return "No." }
func (speaking) Code() string        { return "" }
func (hiding) Conceals() bool        { return true }
func (needing) RequiresUser() bool   { return true }
func (naming) TokenScopes() []string { return []string{"read"} }
func (ruled) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return true, nil
}
func (drafting) DecideDraft(*gin.Context, *ginauth.Identity, any) (ginauth.Permission, error) {
	return nil, nil
}
func (deciding) DecideObject(*gin.Context, *ginauth.Identity, any) (ginauth.Permission, error) {
	return nil, nil
}

// losing asks a part and implements only Composite; keeping has all abilities.
type (
	losing struct {
		permission
		part ginauth.Permission
	}
	keeping struct{ losing }
)

func (f losing) Parts() []ginauth.Permission { return []ginauth.Permission{f.part} }

func (keeping) RequiresUser() bool    { return false }
func (keeping) TokenScopes() []string { return nil }
func (keeping) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return true, nil
}
func (keeping) Decide(*gin.Context, *ginauth.Identity) (ginauth.Permission, error) { return nil, nil }
func (keeping) DecideObject(*gin.Context, *ginauth.Identity, any) (ginauth.Permission, error) {
	return nil, nil
}
func (keeping) DecideDraft(*gin.Context, *ginauth.Identity, any) (ginauth.Permission, error) {
	return nil, nil
}

// silent asks another authenticator, and has no challenge.
type silent struct{ asked ginauth.Authenticator }

func (s silent) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	return s.asked.Authenticate(c)
}
func (s silent) Wrapped() ginauth.Authenticator { return s.asked }
func (silent) String() string                   { return "Silent" }

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
			"the rule about objects", "HasObjectPermission", "the rule about drafts", "DecideDraft", "the answer to a refusal", "Decide",
			"the answer to a refusal of an object", "DecideObject", "the need of a user", "RequiresUser"}},
		{name: "a user", part: needing{part}, want: []string{"the need of a user", "RequiresUser"}},
		{name: "scopes", part: naming{part}, want: []string{"the token scopes", "TokenScopes"}},
		{name: "objects", part: ruled{part}, want: []string{"the rule about objects", "HasObjectPermission"}},
		{name: "drafts", part: drafting{ruled{part}},
			want: []string{"the rule about objects", "HasObjectPermission", "the rule about drafts", "DecideDraft"}},
		{name: "objects, which part", part: deciding{ruled{part}}, want: []string{"the rule about objects", "HasObjectPermission",
			"the answer to a refusal of an object", "DecideObject"}},
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

// TestTheTableOfAbilities checks that the table in doc.go lists every interface
// that a permission may implement.
func TestTheTableOfAbilities(t *testing.T) {
	contracts, table := source(t, "contracts.go"), source(t, "doc.go")
	_, contracts, _ = strings.Cut(contracts, "type Permission interface")
	contracts, _, _ = strings.Cut(contracts, "type Throttle interface")
	names := regexp.MustCompile(`(?m)^type (\w+) interface \{\n\t(\w+)\(`).FindAllStringSubmatch(contracts, -1)
	if len(names) < 10 {
		t.Fatalf("contracts.go has %d abilities of permissions", len(names))
	}
	for _, name := range names {
		if row := regexp.MustCompile(`(?m)^//\t` + name[1] + ` +` + name[2] + `\b`); !row.MatchString(table) {
			t.Errorf("the table in doc.go has no row for %s with its method %s", name[1], name[2])
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
