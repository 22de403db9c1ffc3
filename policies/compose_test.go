package policies_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

var errDown = errors.New("down")

// answers returns a permission for each answer: yes, no, and a failure.
func answers() map[string]ginauth.Permission {
	answer := func(name string, ok bool, err error) ginauth.Permission {
		return policies.PermissionFunc(name, func(*gin.Context, *ginauth.Identity) (bool, error) { return ok, err })
	}
	return map[string]ginauth.Permission{"yes": answer("yes", true, nil), "no": answer("no", false, nil), "err": answer("err", true, errDown)}
}

// The truth tables. An operand that is not reached does not count; a failure
// that is reached decides.
var (
	allTable = map[[2]string]string{
		{"yes", "yes"}: "yes", {"yes", "no"}: "no", {"yes", "err"}: "err",
		{"no", "yes"}: "no", {"no", "no"}: "no", {"no", "err"}: "no",
		{"err", "yes"}: "err", {"err", "no"}: "err", {"err", "err"}: "err",
	}
	anyTable = map[[2]string]string{
		{"yes", "yes"}: "yes", {"yes", "no"}: "yes", {"yes", "err"}: "yes",
		{"no", "yes"}: "yes", {"no", "no"}: "no", {"no", "err"}: "err",
		{"err", "yes"}: "err", {"err", "no"}: "err", {"err", "err"}: "err",
	}
	notTable = map[string]string{"yes": "no", "no": "yes", "err": "err"}
)

func verdict(t *testing.T, p ginauth.Permission) string {
	t.Helper()
	ok, err := p.HasPermission(nil, &ginauth.Identity{})
	switch {
	case err != nil && ok:
		t.Errorf("%s: a failure that is also a yes", ginauth.Name(p))
		return "yes"
	case err != nil:
		return "err"
	case ok:
		return "yes"
	}
	return "no"
}

func TestTruthTables(t *testing.T) {
	p := answers()
	for pair, want := range allTable {
		for _, composed := range []ginauth.Permission{policies.All(p[pair[0]], p[pair[1]]), drf.All(p[pair[0]], p[pair[1]])} {
			if got := verdict(t, composed); got != want {
				t.Errorf("%s is %s, want %s", ginauth.Name(composed), got, want)
			}
		}
	}
	for pair, want := range anyTable {
		for _, composed := range []ginauth.Permission{policies.Any(p[pair[0]], p[pair[1]]), drf.Any(p[pair[0]], p[pair[1]])} {
			if got := verdict(t, composed); got != want {
				t.Errorf("%s is %s, want %s", ginauth.Name(composed), got, want)
			}
		}
	}
	for operand, want := range notTable {
		for _, composed := range []ginauth.Permission{policies.Not(p[operand]), drf.Not(p[operand]),
			policies.Not(policies.Not(policies.Not(p[operand])))} {
			if got := verdict(t, composed); got != want {
				t.Errorf("%s is %s, want %s", ginauth.Name(composed), got, want)
			}
		}
	}
}

func TestTheClassThatRefusedSpeaks(t *testing.T) {
	deny := policies.PermissionFunc("deny", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil })
	monday, tuesday := policies.Deny(deny, "Mondays.", "monday"), policies.Deny(deny, "Tuesdays.", "tuesday")
	allow := policies.AllowAny
	for _, row := range []struct {
		p    ginauth.Permission
		want string
	}{
		{policies.All(allow, monday, tuesday), "Mondays. monday"},
		{policies.All(deny, monday), "<nil> "},
		{policies.Any(deny, tuesday, monday), "Tuesdays. tuesday"},
		{policies.Any(policies.All(allow, tuesday), monday), "Tuesdays. tuesday"},
		{policies.Not(allow), "<nil> "},
		{policies.Not(policies.Not(monday)), "<nil> "},
		{policies.Deny(policies.Not(allow), "Never.", "never"), "Never. never"},
		{policies.Deny(policies.Any(monday, tuesday), "No day.", ""), "No day. "},
		{policies.All(policies.Deny(policies.Any(monday, tuesday), "No day.", "day"), deny), "No day. day"},
		{policies.Any(allow, monday), "allowed"},
	} {
		refusing, err := ginauth.Question{Identity: &ginauth.Identity{}}.Ask(row.p)
		got := "<nil> "
		if d, speaks := refusing.(ginauth.Denial); speaks {
			got = fmt.Sprint(d.Message(), " ", d.Code())
		} else if refusing == nil {
			got = "allowed"
		}
		if got != row.want || err != nil {
			t.Errorf("%s: %q %v, want %q", ginauth.Name(row.p), got, err, row.want)
		}
	}
}

// TestARuleThatIsGivenNoObjectFails checks that a rule about objects is not
// answered for the request if the object is missing.
func TestARuleThatIsGivenNoObjectFails(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	owner, allow := policies.IsOwner("owner_id"), policies.AllowAny
	grants := policies.ObjectPermissions[core](db, policies.ObjectPermissionsConfig{ObjectOnly: true, Anonymous: true})
	for _, p := range []ginauth.Permission{
		owner, grants, policies.Conceal(owner), policies.Deny(owner, "No.", ""),
		policies.All(allow, owner), policies.Any(owner, owner), policies.Not(policies.Not(owner)),
		drf.All(allow, owner), drf.Any(owner, owner), drf.Not(drf.Not(owner)),
	} {
		ok, err := p.(ginauth.ObjectPermission).HasObjectPermission(c, &ginauth.Identity{}, nil)
		if ok || err == nil {
			t.Errorf("%s: %v %v", ginauth.Name(p), ok, err)
		}
	}
}

func TestNames(t *testing.T) {
	p := policies.Any(policies.All(policies.IsAuthenticated, policies.Not(policies.IsAdminUser)),
		policies.InGroup("editors"), policies.HasRole("admin", "editor"), policies.ReadOnly, policies.All(policies.RecentLogin(90*time.Second), policies.HasFactor("otp")))
	const want = "Any(All(IsAuthenticated, Not(IsAdminUser)), InGroup(editors), HasRole(admin, editor), ReadOnly, All(RecentLogin(1m30s), HasFactor(otp)))"
	if got := ginauth.Name(p); got != want {
		t.Errorf("got %s", got)
	}
	theirs := drf.Not(drf.Any(policies.AllowAny, policies.IsAuthenticatedOrReadOnly))
	if got := ginauth.Name(theirs); got != "drf.Not(drf.Any(AllowAny, IsAuthenticatedOrReadOnly))" {
		t.Errorf("got %s", got)
	}
}

func TestRequiresUser(t *testing.T) {
	a, any := policies.IsAuthenticated, policies.AllowAny
	for _, row := range []struct {
		p    ginauth.Permission
		want bool
	}{
		{policies.All(any, a), true},
		{policies.All(any, any), false},
		{policies.Any(a, any), false},
		{policies.Any(a, policies.IsAdminUser), true},
		{policies.Not(a), false},
		{policies.IsAdminUser, true},
		{policies.RecentLogin(time.Minute), true},
		{policies.HasFactor("otp"), true},
		{policies.HasRole("admin"), true},
	} {
		if got := requiresUser(row.p); got != row.want {
			t.Errorf("%v requires a user: %v", row.p, got)
		}
	}
}

// requiresUser reports whether Check finds that a permission refuses every
// request of a route without authenticators.
func requiresUser(p ginauth.Permission) bool {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.PermissionClasses(p))
	engine.POST("/", func(*gin.Context) {})
	return slices.ContainsFunc(auth.Check(), func(f ginauth.Finding) bool {
		return strings.Contains(f.Message, ginauth.Name(p)+" refuses every request")
	})
}

func traitsOf(p ginauth.Permission) ginauth.PermissionTraits {
	return p.(ginauth.Describer[ginauth.PermissionTraits]).Describe()
}

// TestClasses is the matrix of the classes without arguments: which users pass
// with which method.
func TestClasses(t *testing.T) {
	users := []struct {
		name string
		id   *ginauth.Identity
	}{
		{"none", &ginauth.Identity{}},
		{"anonymous", &ginauth.Identity{User: ginauth.AnonymousUser{}}},
		{"alice", &ginauth.Identity{User: &models.User{IsActive: true}}},
		{"staff", &ginauth.Identity{User: &models.User{IsActive: true, IsStaff: true}}},
		{"recent", &ginauth.Identity{User: &models.User{IsActive: true}, Auth: recorded{time.Second, []string{"pwd", "otp"}, nil}}},
		{"admin", &ginauth.Identity{User: roled{true, []string{"", "admin"}}}},
		{"editor", &ginauth.Identity{User: roled{true, []string{"editor"}}}},
		{"unset", &ginauth.Identity{User: roled{true, []string{""}}}},
		{"intern", &ginauth.Identity{User: roled{true, []string{"admin ", "Admin", "adm", "admin,editor"}}}},
		{"masked", &ginauth.Identity{User: roled{false, []string{"admin"}}}},
		{"ghost", &ginauth.Identity{User: ginauth.AnonymousUser{}, Auth: recorded{time.Second, []string{"pwd", "otp"}, nil}}},
	}
	const all, members = "none anonymous alice staff recent admin editor unset intern masked ghost", "alice staff recent admin editor unset intern"
	for _, row := range []struct {
		class  ginauth.Permission
		method string
		pass   string // the users that pass
	}{
		{policies.AllowAny, "GET", all},
		{policies.AllowAny, "DELETE", all},
		{policies.IsAuthenticated, "GET", members},
		{policies.IsAuthenticated, "POST", members},
		{policies.IsAdminUser, "GET", "staff"},
		{policies.IsAdminUser, "POST", "staff"},
		{policies.IsAuthenticatedOrReadOnly, "GET", all},
		{policies.IsAuthenticatedOrReadOnly, "HEAD", all},
		{policies.IsAuthenticatedOrReadOnly, "OPTIONS", all},
		{policies.IsAuthenticatedOrReadOnly, "TRACE", members},
		{policies.IsAuthenticatedOrReadOnly, "POST", members},
		{policies.IsAuthenticatedOrReadOnly, "get", members},
		{policies.ReadOnly, "GET", all},
		{policies.ReadOnly, "PATCH", ""},
		{policies.RecentLogin(time.Minute), "GET", "recent"},
		{policies.RecentLogin(time.Minute), "POST", "recent"},
		{policies.HasFactor("otp"), "GET", "recent"},
		{policies.HasFactor("otp"), "DELETE", "recent"},
		{policies.HasFactor("hwk"), "GET", ""},
		{policies.HasRole("admin"), "GET", "admin"},
		{policies.HasRole("admin"), "DELETE", "admin"},
		{policies.HasRole("owner", "admin", "editor"), "POST", "admin editor"},
		{policies.HasRole("owner"), "GET", ""},
	} {
		c := &gin.Context{Request: httptest.NewRequest("GET", "/", nil)}
		c.Request.Method = row.method
		var pass []string
		for _, user := range users {
			ok, err := row.class.HasPermission(c, user.id)
			if err != nil {
				t.Errorf("%s, %s, %s: %v", ginauth.Name(row.class), row.method, user.name, err)
			}
			if ok {
				pass = append(pass, user.name)
			}
		}
		if got := strings.Join(pass, " "); got != row.pass {
			t.Errorf("%s, %s: %q pass, want %q", ginauth.Name(row.class), row.method, got, row.pass)
		}
	}
}

// roled is an application's own user, who may be anonymous.
type roled struct {
	authenticated bool
	roles         []string
}

func (u roled) Authenticated() bool { return u.authenticated }
func (u roled) Roles() []string     { return u.roles }

var _ policies.RoleUser = roled{}

// TestGroupsWithoutADatabase checks that a user that was not loaded from a
// database is an error, not a decision. Anonymous users are in no group.
func TestGroupsWithoutADatabase(t *testing.T) {
	c := &gin.Context{Request: httptest.NewRequest("GET", "/", nil)}
	for _, id := range []*ginauth.Identity{{}, {User: ginauth.AnonymousUser{}}} {
		if ok, err := policies.InGroup("x").HasPermission(c, id); ok || err != nil {
			t.Errorf("user %v: %v, %v", id.User, ok, err)
		}
	}
	alice := &ginauth.Identity{User: &models.User{IsActive: true}}
	if ok, err := policies.InGroup("x").HasPermission(c, alice); ok || err == nil {
		t.Errorf("alice: %v, %v", ok, err)
	}
}
