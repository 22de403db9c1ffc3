package policies_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestObjectPermissionsOverHTTP is the matrix of configs, users and notes. A
// user that may not read a note gets 404.
func TestObjectPermissionsOverHTTP(t *testing.T) {
	view := policies.ViewPermsMap()
	configs := map[string]policies.ObjectPermissionsConfig{
		"default":             {},
		"view":                {Map: view},
		"object":              {ObjectOnly: true},
		"object-view":         {ObjectOnly: true, Map: view},
		"anonymous":           {Anonymous: true},
		"anonymous-view":      {Anonymous: true, Map: view},
		"anonymous-object":    {Anonymous: true, ObjectOnly: true, Map: view},
		"only-put":            {Map: policies.PermsMap{"PUT": {"change"}}},
		"head":                {Map: policies.PermsMap{"GET": nil, "HEAD": {"view"}, "PUT": {"change"}}},
		"publish-object-only": {ObjectOnly: true, Map: policies.PermsMap{"GET": {"view"}, "PUT": {"change", "shop.publish"}}},
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		engine, auth := fixtureSite(db)
		for name, config := range configs {
			p := ginauth.PermissionClasses(policies.ObjectPermissions[core](db, config))
			auth.With(engine, p, ginauth.Object(policies.Load[core](db, "id"))).Any("/"+name+"/:id", ok)
			auth.With(engine, p, ginauth.ObjectsInHandler()).POST("/"+name, draftOf(&core{OwnerID: 1}))
		}
		for _, row := range []struct{ path, user, want string }{
			//                        GET POST PUT DELETE TRACE
			{"/default/1", "", "401 401 401 401 401"},
			{"/default/1", "root", "200 200 200 200 405"},    // superuser
			{"/default/1", "exroot", "200 403 403 403 405"},  // inactive superuser
			{"/default/1", "carol", "200 403 403 403 405"},   // inactive, with all four on the model
			{"/default/1", "direct", "200 403 403 403 405"},  // all four on the model, none on objects
			{"/default/4", "objfull", "200 200 200 200 405"}, // all four on both
			{"/default/5", "objfull", "200 403 200 403 405"}, // view and change on the object
			{"/default/4", "objonly", "200 403 403 403 405"}, // all four on the object only
			{"/default/5", "grouped", "200 403 200 403 405"}, // change by a group, on both
			{"/default/1", "clerk", "200 403 403 403 405"},
			{"/default/9", "root", "404 404 404 404 405"},
			{"/view/1", "", "401 401 401 401 401"},
			{"/view/1", "root", "200 200 200 200 405"},
			{"/view/1", "exroot", "403 403 403 403 405"},
			{"/view/4", "objfull", "200 200 200 200 405"},
			{"/view/1", "objfull", "200 403 403 403 405"},
			{"/view/2", "objfull", "404 404 404 404 405"},
			{"/view/1", "direct", "404 404 404 404 405"},
			{"/view/1", "bob", "200 403 403 403 405"},
			{"/view/2", "bob", "404 403 404 403 405"},
			{"/view/5", "grouped", "403 403 200 403 405"},
			{"/view/1", "grouped", "403 404 404 403 405"},
			{"/view/2", "viewer", "200 403 403 403 405"},
			{"/view/1", "viewer", "404 403 403 403 405"},
			{"/view/1", "clerk", "404 404 404 404 405"},
			{"/object/2", "objonly", "200 403 200 403 405"},
			{"/object/1", "direct", "200 403 403 403 405"},
			{"/object/1", "", "401 401 401 401 401"},
			{"/object-view/4", "objonly", "200 200 200 200 405"},
			{"/object-view/1", "objonly", "200 403 403 403 405"},
			{"/object-view/2", "objonly", "404 404 200 404 405"}, // may change what it may not read
			{"/object-view/1", "direct", "404 404 404 404 405"},
			{"/object-view/1", "carol", "404 404 404 404 405"}, // inactive, with view on the object
			{"/object-view/1", "exroot", "404 404 404 404 405"},
			{"/object-view/1", "clerk", "404 404 404 404 405"},
			{"/object-view/1", "", "401 401 401 401 401"},
			{"/anonymous/1", "", "200 401 401 401 405"},
			{"/anonymous/1", "direct", "200 403 403 403 405"},
			{"/anonymous-view/1", "", "401 401 401 401 405"},
			{"/anonymous-object/1", "", "404 404 404 404 405"},
			{"/only-put/5", "objfull", "405 405 200 405 405"},
			{"/only-put/1", "objfull", "405 405 403 405 405"},
			{"/publish-object-only/4", "objonly", "200 405 403 405 405"}, // granted change, and nothing of another app
			{"/publish-object-only/4", "root", "200 405 200 405 405"},
		} {
			if got := statuses(engine, row.path, row.user, "GET", "POST", "PUT", "DELETE", "TRACE"); got != row.want {
				t.Errorf("%s as %q: %s, want %s", row.path, row.user, got, row.want)
			}
		}
		if got := statuses(engine, "/head/1", "direct", "GET", "HEAD", "PUT"); got != "200 404 403" {
			t.Errorf("a user that may GET, but not HEAD: %s", got)
		}
		for _, row := range []struct{ path, user, want string }{ // drafts, for which the permission on the model decides
			{"/default", "direct", "200"}, {"/default", "grouped", "200"}, {"/default", "viewer", "403"}, {"/default", "objonly", "403"},
			{"/view", "direct", "200"}, {"/view", "grouped", "200"}, {"/view", "viewer", "403"},
			{"/object-view", "direct", "200"}, {"/object-view", "viewer", "403"}, {"/object-view", "objonly", "404"},
			{"/object-view", "exroot", "404"}, {"/object-view", "carol", "404"}, {"/object-view", "root", "200"},
			{"/anonymous-object", "", "404"}, {"/anonymous", "", "401"}, {"/only-put", "root", "405"},
		} {
			if got := statuses(engine, row.path, row.user, "POST"); got != row.want {
				t.Errorf("a draft for %s as %q: %s, want %s", row.path, row.user, got, row.want)
			}
		}
	})
}

// draftOf answers 200 if the object may be created.
func draftOf(obj any) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := ginauth.CheckDraft(c, obj); err != nil {
			ginauth.Abort(c, err)
			return
		}
		ok(c)
	}
}

// checkOf answers 200 if the object may be used.
func checkOf(obj any) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := ginauth.CheckObject(c, obj); err != nil {
			ginauth.Abort(c, err)
			return
		}
		ok(c)
	}
}

// TestObjectPermissionsOfAnotherModel checks that a rule about notes fails if
// it is asked about another type.
func TestObjectPermissionsOfAnotherModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		engine, auth := fixtureSite(db)
		p := ginauth.PermissionClasses(policies.ObjectPermissions[core](db, policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap()}))
		for path, obj := range map[string]any{"/user": &core2{ID: 4}, "/value": core{ID: 4}, "/text": "4", "/twice": ptr(&core{ID: 4})} {
			auth.With(engine, p, ginauth.ObjectsInHandler()).Any(path, draftOf(obj))
			if got := statuses(engine, path, "root", "GET", "PUT"); got != "503 503" {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
}

// core2 is another model, in the same table.
type core2 core

func (core2) TableName() string { return "core_note" }

func ptr[T any](v T) *T { return &v }
