package recipes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// TestThePageShowsTheseFiles checks that each Go block of docs/recipes.md is a
// part of this package.
func TestThePageShowsTheseFiles(t *testing.T) {
	page, err := os.ReadFile("../../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	found := 0
	for _, block := range strings.Split(string(page), "\n```go\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		for part := range strings.SplitSeq(code, "\n\n") {
			found++
			if !strings.Contains(source.String(), strings.TrimSpace(part)) {
				t.Errorf("docs/recipes.md shows what is not in this package:\n%s", part)
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d parts were found", found)
	}
}

// rules is a stand-in for casbin and OpenFGA: it allows what it lists.
type rules []string

var errDown = errors.New("down")

func (r rules) allow(question string) (bool, error) {
	for _, rule := range r {
		if rule == "down" {
			return true, errDown // a failure counts, whatever comes with it
		}
		if rule == question {
			return true, nil
		}
	}
	return false, nil
}

func (r rules) Enforce(values ...any) (bool, error) {
	return r.allow(strings.Trim(fmt.Sprintf("%v", values), "[]"))
}

func (r rules) Check(_ context.Context, user, relation, object string) (bool, error) {
	return r.allow(user + " " + relation + " " + object)
}

func (r rules) ListObjects(_ context.Context, user, relation, _ string) (all []string, err error) {
	for _, rule := range r {
		if rule == "down" {
			return nil, errDown
		}
		if object, ok := strings.CutPrefix(rule, user+" "+relation+" "); ok {
			all = append(all, object)
		}
	}
	return all, nil
}

// newSite returns a site with Basic, and notes 1 and 2 of the tenants 1 and 2,
// all of them bob's.
func newSite(t *testing.T, authenticate func(s *sitetest.Site) ginauth.Authenticator) *sitetest.Site {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	err := errors.Join(db.AutoMigrate(&Note{}), db.Create(&[]Note{{ID: 1, TenantID: 1, OwnerID: 2}, {ID: 2, TenantID: 2, OwnerID: 2}}).Error)
	if err != nil {
		t.Fatal(err)
	}
	return sitetest.Serve(t, db, ginauth.AuthenticationClasses(authenticate(&sitetest.Site{DB: db})))
}

func basic(s *sitetest.Site) ginauth.Authenticator { return policies.Basic(s.DB) }

// subject returns what Identity.Subject says of a user.
func subject(t *testing.T, s *sitetest.Site, name string) string {
	t.Helper()
	return (&ginauth.Identity{User: people.Named(t, s.DB, name)}).Subject()
}

func list(s *sitetest.Site) gin.HandlerFunc {
	return func(c *gin.Context) {
		var all []int64
		if err := policies.Filter(c, s.DB.Model(&Note{})).Order("id").Pluck("id", &all).Error; err != nil {
			ginauth.Abort(c, ginauth.Unavailable(err))
			return
		}
		c.JSON(http.StatusOK, all)
	}
}

func show(c *gin.Context) { c.JSON(http.StatusOK, ginauth.ObjectOf[Note](c).ID) }

type row struct {
	name, path string
	as         sitetest.As
	want       string
}

func check(t *testing.T, s *sitetest.Site, rows []row) {
	t.Helper()
	if findings := s.Auth.Check(); len(findings) > 0 {
		t.Error(findings)
	}
	for _, row := range rows {
		if got := s.Get(row.path, row.as); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: GET %s: %s, want %s", row.name, row.path, got, row.want)
		}
	}
}

func TestCasbin(t *testing.T) {
	s := newSite(t, basic)
	alice := subject(t, s, "alice")
	declare := func(path string, e enforcer) {
		s.Auth.With(s.Engine, ginauth.PermissionClasses(casbinPermission(e))).GET(path, sitetest.Me)
	}
	declare("/a/:id", rules{alice + " /a/:id GET", "anonymous /a/:id GET"})
	declare("/b/:id", rules{alice + " /b/:id POST"})
	declare("/down", rules{"down"})
	check(t, s, []row{
		{"a rule", "/a/1", sitetest.Basic("alice"), "200"},
		{"the rule of another user", "/a/1", sitetest.Basic("bob"), "403"},
		{"anonymous, whom casbin would let pass", "/a/1", sitetest.Anonymous, "401"},
		{"the rule of another method", "/b/1", sitetest.Basic("alice"), "403"},
		{"casbin fails", "/down", sitetest.Basic("alice"), "503"},
	})
}

func TestOpenFGA(t *testing.T) {
	s := newSite(t, basic)
	alice := "user:" + subject(t, s, "alice")
	declare := func(path string, r relations) {
		group := s.Auth.Group(s.Engine, path, ginauth.PermissionClasses(related(r, "viewer")))
		s.Auth.With(group, ginauth.Object(policies.Load[Note](s.DB, "id"))).GET("/:id", show)
		s.Auth.With(group, ginauth.ObjectsInHandler()).GET("", list(s))
	}
	declare("/notes", rules{alice + " viewer note:2", alice + " editor note:1", "user:anonymous viewer note:1"})
	declare("/down", rules{"down"})
	check(t, s, []row{
		{"related", "/notes/2", sitetest.Basic("alice"), "200 2"},
		{"another relation", "/notes/1", sitetest.Basic("alice"), "403"},
		{"another user", "/notes/2", sitetest.Basic("bob"), "403"},
		{"anonymous", "/notes/1", sitetest.Anonymous, "401"},
		{"the list", "/notes", sitetest.Basic("alice"), "200 [2]"},
		{"the list of another user", "/notes", sitetest.Basic("bob"), "200 []"},
		{"the server fails", "/down/2", sitetest.Basic("alice"), "503"},
		{"the server fails for a list", "/down", sitetest.Basic("alice"), "503"},
	})
}

// employee is a user of a tenant.
type employee struct {
	*models.User
	tenant int64
}

func (e employee) Tenant() int64 { return e.tenant }

// tenancy makes alice and bob members of tenants 1 and 2.
type tenancy struct{ ginauth.Authenticator }

func (a tenancy) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	id, err := a.Authenticator.Authenticate(c)
	if err != nil {
		return nil, err
	}
	user := id.User.(*models.User)
	if tenant := map[string]int64{"alice": 1, "bob": 2}[user.Username]; tenant != 0 {
		return &ginauth.Identity{User: employee{user, tenant}}, nil
	}
	return id, nil
}

func TestTenants(t *testing.T) {
	s := newSite(t, func(s *sitetest.Site) ginauth.Authenticator { return tenancy{policies.Basic(s.DB)} })
	tenantNotes(s.Auth, s.Engine, s.DB, show, list(s))
	check(t, s, []row{
		{"own tenant", "/notes/1", sitetest.Basic("alice"), "200 1"},
		{"another tenant", "/notes/2", sitetest.Basic("alice"), "404"},
		{"the list", "/notes", sitetest.Basic("alice"), "200 [1]"},
		{"the list of another tenant", "/notes", sitetest.Basic("bob"), "200 [2]"},
		{"a superuser of no tenant", "/notes/1", sitetest.Basic("root"), "404"},
		{"the list of a user of no tenant", "/notes", sitetest.Basic("root"), "200 []"},
		{"anonymous, of a class without a challenge", "/notes", sitetest.Anonymous, `403 {"detail":"Authentication credentials`},
	})
}

func TestImpersonation(t *testing.T) {
	var events sitetest.Events
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.Scopes{"a": {}}); err != nil {
		t.Fatal(err)
	}
	people.Create(t, db)
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	s := sitetest.Serve(t, db, ginauth.Observers(&events), ginauth.AuthenticationClasses(
		actAs{policies.Basic(db), users}, actAs{policies.AccessToken(db), users}))
	s.Engine.GET("/me", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.IsAuthenticated, notImpersonated)).GET("/password", sitetest.Me)
	root := sitetest.Basic("root")
	limited := sitetest.Bearer(s.AccessToken("root", "a"))
	check(t, s, []row{
		{"the superuser", "/me", root, "200 root"},
		{"as alice", "/me", root.With("X-Act-As: alice"), "200 alice"},
		{"as another superuser", "/me", root.With("X-Act-As: root"), "401"},
		{"as the staff", "/me", root.With("X-Act-As: staff"), "401"},
		{"as an inactive user", "/me", root.With("X-Act-As: inactive"), "401"},
		{"as no user", "/me", root.With("X-Act-As: unknown"), "401"},
		{"as a user in another case", "/me", root.With("X-Act-As: ALICE"), "401"},
		{"alice as bob", "/me", sitetest.Basic("alice").With("X-Act-As: bob"), "401"},
		{"anonymous as alice", "/me", sitetest.Anonymous.With("X-Act-As: alice"), "401"},
		{"a token with scopes", "/me", limited.With("X-Act-As: alice"), "401"},
		{"what is the user's alone", "/password", root.With("X-Act-As: alice"), `403 {"detail":"Not while acting as another user."}`},
		{"the user", "/password", sitetest.Basic("alice"), "200 alice"},
	})
	events.Take()
	s.Get("/me", root.With("X-Act-As: alice"))
	want := "impersonated by " + subject(t, s, "root") + " of " + subject(t, s, "alice")
	if got := events.Taken(); !strings.Contains(got, want) {
		t.Errorf("events %q lack %q", got, want)
	}
}

func TestBesideGin(t *testing.T) {
	s := newSite(t, basic)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /legacy/me", func(w http.ResponseWriter, r *http.Request) {
		user, _ := ginauth.UserAs[*models.User](ginOf(r))
		fmt.Fprint(w, user.Username)
	})
	mux.HandleFunc("GET /legacy/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		c, note := ginOf(r), Note{OwnerID: 2}
		if err := ginauth.CheckObject(c, &note); err != nil {
			ginauth.Abort(c, err)
			return
		}
		fmt.Fprint(w, "note")
	})
	mountGuarded(s.Auth, s.Engine, "/legacy", mux,
		ginauth.PermissionClasses(policies.IsAuthenticated, policies.IsOwner("owner_id")), ginauth.ObjectsInHandler())
	unguarded := http.NewServeMux()
	unguarded.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, ginauth.Current(ginOf(r)).Subject()) })
	mountGuarded(s.Auth, s.Engine, "/staff", unguarded, ginauth.PermissionClasses(policies.IsAdminUser))
	check(t, s, []row{
		{"anonymous", "/legacy/notes/1", sitetest.Anonymous, "401"},
		{"an owner", "/legacy/notes/1", sitetest.Basic("bob"), "200 note"},
		{"another user", "/legacy/notes/1", sitetest.Basic("alice"), "403"},
		{"no route of the other router", "/legacy/unknown", sitetest.Basic("alice"), "404"},
		{"the staff", "/staff/x", sitetest.Basic("staff"), "200"},
		{"others", "/staff/x", sitetest.Basic("alice"), "403"},
		{"a path that the other router would clean", "/staff//../legacy/me", sitetest.Anonymous, "40"},
	})
}
