package policies_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// carried is a credential with these scopes, or without limits if nil.
type carried []string

func (s carried) Limited() bool             { return s != nil }
func (s carried) HasScope(name string) bool { return s == nil || slices.Contains(s, name) }

// wrapper is a permission of an application around another. It forwards all
// answers, or their opposites.
type wrapper struct {
	ginauth.Permission
	inverts bool
}

func (w wrapper) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	ok, err := w.Permission.HasPermission(c, id)
	return ok != w.inverts && err == nil, err
}

func (w wrapper) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	o, is := w.Permission.(ginauth.ObjectPermission)
	if !is {
		return w.HasPermission(c, id)
	}
	ok, err := o.HasObjectPermission(c, id, obj)
	return ok != w.inverts && err == nil, err
}

func (w wrapper) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{TokenScopes: ginauth.TokenScopesOf(w.Permission)}
}

func (w wrapper) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	s, is := w.Permission.(policies.Filterer)
	switch {
	case is && w.inverts:
		return tx.Not(s.Filter(c, id, tx.Session(&gorm.Session{NewDB: true}).Model(tx.Statement.Model)))
	case is:
		return s.Filter(c, id, tx)
	case w.inverts:
		return tx.Where("1 = 0")
	}
	return tx
}

// naming names a scope, and lets every request pass by itself.
type naming string

func (naming) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (s naming) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{TokenScopes: []string{string(s)}}
}

// TestScopesThroughComposition checks what a limited credential of alice may
// do, who is on the staff, owns paper 1 and has the permissions of every scope.
// It follows from the scopes alone: an alternative without one does not count.
func TestScopesThroughComposition(t *testing.T) {
	type classes = []ginauth.Permission
	a, b, staffOnly, own := policies.HasScope("a"), policies.HasScope("b"), policies.IsAdminUser, policies.IsOwner("owner_id")
	group := policies.InGroup("nonesuch")
	rows := []struct {
		name    string
		classes classes
		want    sees
	}{
		{"the kind", classes{a, policies.Any(b, staffOnly)}, sees{"*": "12", "a b": "12"}},
		{"Any", classes{policies.Any(a, staffOnly)}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"Any, the other way round", classes{policies.Any(staffOnly, a)}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"Any of owner", classes{policies.Any(a, own)}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"Any without scopes", classes{a, policies.Any(staffOnly, group)}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"Any without scopes, of owner", classes{a, policies.Any(group, own)}, sees{"*": "1", "a": "1", "a b": "1"}},
		{"All in Any", classes{policies.Any(policies.All(a, own), staffOnly)}, sees{"*": "12", "a": "1", "a b": "1"}},
		{"two Alls in Any", classes{policies.Any(policies.All(a, own), policies.All(b, staffOnly))},
			sees{"*": "12", "a": "1", "b": "12", "a b": "12"}},
		{"Any in All", classes{policies.All(a, policies.Any(b, staffOnly))}, sees{"*": "12", "a b": "12"}},
		{"Any in Any", classes{policies.Any(policies.Any(a, staffOnly), b)}, sees{"*": "12", "a": "12", "b": "12", "a b": "12"}},
		{"Any in All in Any", classes{policies.Any(policies.All(a, policies.Any(b, own)), b)}, sees{"*": "12", "b": "12", "a b": "12"}},
		{"All of two", classes{policies.All(a, b)}, sees{"*": "12", "a b": "12"}},
		{"two", classes{a, b}, sees{"*": "12", "a b": "12"}},
		{"a negation alone", classes{policies.Not(b)}, sees{}},
		{"a negation beside", classes{a, policies.Not(b)}, sees{"a": "12"}},
		{"a negation in Any", classes{policies.Any(a, policies.Not(b))}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"a negation twice", classes{policies.Not(policies.Not(a))}, sees{"*": "12"}},
		{"a negation of Any", classes{a, policies.Not(policies.Any(b, own))}, sees{"a": "2"}},
		{"a negation of Any of staff", classes{a, policies.Not(policies.Any(b, staffOnly))}, sees{}},
		{"a negation of Conceal", classes{a, policies.Not(policies.Conceal(policies.Any(b, staffOnly)))}, sees{}},
		{"a negation of Conceal, of owner", classes{a, policies.Not(policies.Conceal(policies.Any(b, own)))}, sees{"a": "2"}},
		{"a negation of two", classes{a, policies.Not(policies.Not(policies.Any(b, staffOnly)))}, sees{"*": "12", "a b": "12"}},
		{"a negation of a wrapper", classes{a, policies.Not(wrapper{policies.Any(b, staffOnly), false})}, sees{}},
		{"Conceal", classes{policies.Conceal(policies.Any(a, staffOnly))}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"Deny", classes{policies.Deny(policies.Any(a, staffOnly), "No.", "")}, sees{"*": "12", "a": "12", "a b": "12"}},
		{"a negation of Deny, of owner", classes{a, policies.Not(policies.Deny(policies.Any(b, own), "No.", ""))}, sees{"a": "2"}},
		{"a wrapper", classes{a, wrapper{policies.Any(b, staffOnly), false}}, sees{"*": "12", "a b": "12 error"}},
		{"a wrapper in Any", classes{policies.Any(wrapper{policies.Any(a, staffOnly), false}, b)},
			sees{"*": "12", "a": "12 error", "b": "12", "a b": "12 error"}},
		{"a wrapper of All", classes{wrapper{policies.All(a, own), false}}, sees{"*": "1", "a": "1", "a b": "1"}},
		{"a wrapper that denies", classes{a, wrapper{policies.Any(b, staffOnly), true}}, sees{}},
		{"a class of one's own", classes{naming("a"), policies.Any(naming("b"), staffOnly)}, sees{"*": "12", "a b": "12"}},
		{"a class of one's own in All", classes{policies.All(naming("a"), naming("b"))}, sees{"*": "12", "a b": "12"}},
		{"DRF's Any", classes{a, drf.Any(b, staffOnly)}, sees{"*": "12 error", "a b": "12 error"}},
		{"DRF's Any in Any", classes{drf.Any(drf.Any(a, staffOnly), b)},
			sees{"*": "12 error", "a": "12 error", "b": "12 error", "a b": "12 error"}},
		{"DRF's All in Any", classes{drf.Any(drf.All(a, own), staffOnly)}, sees{"*": "12 error", "a": "1 error", "a b": "1 error"}},
		{"DRF's All of one's own", classes{drf.All(naming("a"), naming("b"))}, sees{"*": "12 error", "a b": "12 error"}},
		{"DRF's Not of one's own", classes{a, drf.Not(naming("b"))}, sees{}},
		{"DRF's Not of Any", classes{a, drf.Not(drf.Any(b, staffOnly))}, sees{}},
		{"DRF's Any in Any of ours", classes{policies.Any(drf.Any(a, staffOnly), b)},
			sees{"*": "12 error", "a": "12 error", "b": "12", "a b": "12 error"}},
		{"DRF's Any in Not of ours", classes{a, policies.Not(drf.Any(b, staffOnly))}, sees{}},
		{"no scope", classes{staffOnly}, sees{"*": "12"}},
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Use(models.Scopes{"a": {}, "b": {}}); err != nil {
			t.Fatal(err)
		}
		newSite(t, db)
		if err := db.AutoMigrate(&paper{}); err != nil {
			t.Fatal(err)
		}
		papers := []*paper{{ID: 1, OwnerID: 7}, {ID: 2, OwnerID: 8}}
		if err := db.Create(&papers).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, name := range []string{"*", "a", "b", "a b", "c"} {
				want := cmp.Or(row.want[name], "-")
				if got := seen(db, scopesOf(name), papers, row.classes); got != want {
					t.Errorf("%s, a token with %q: %s, want %s", row.name, name, got, want)
				}
			}
		}
	})
}

// sees holds, by the scopes of a credential, the papers that it may see. "*" is
// a credential without limits. One that is missing is refused at once.
type sees map[string]string

func scopesOf(name string) carried {
	if name == "*" {
		return nil
	}
	return strings.Fields(name)
}

// seen returns the papers that the object check lets pass and, if the list
// holds others, those too.
func seen(db *gorm.DB, credential carried, papers []*paper, classes []ginauth.Permission) string {
	result := "-"
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(classes[0], classes[1:]...),
		ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Carried", func(*gin.Context) (*ginauth.Identity, error) {
			user := &models.User{ID: 7, Username: "alice", IsActive: true, IsStaff: true}
			models.Bind(db, user)
			return &ginauth.Identity{User: user, Auth: credential}, nil
		})))
	auth.With(engine, ginauth.ObjectsInHandler()).DELETE("/", func(c *gin.Context) {
		checked, listed := "", ""
		for _, row := range papers {
			if ginauth.CheckObject(c, row) == nil {
				checked += fmt.Sprint(row.ID)
			}
		}
		ids, err := found(policies.Filter(c, db).Order("id"))
		for _, id := range ids {
			listed += fmt.Sprint(id)
		}
		switch {
		case err != nil && listed == "":
			result = checked + " error"
		case listed != checked:
			result = checked + " but listed " + listed
		default:
			result = checked
		}
		if result == "" || strings.HasPrefix(result, " ") {
			result = "-"
		}
	})
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodDelete, "/", nil))
	return result
}
