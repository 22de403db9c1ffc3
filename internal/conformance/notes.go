package main

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// Note is a row of core_note, the table of the reference application's own
// model.
type Note struct {
	ID      int64
	Title   string
	OwnerID int64
	Owner   models.User
}

// TableName returns Django's name of the table.
func (Note) TableName() string { return "core_note" }

// notePermissions returns the permission lists of /n by key. They are composed
// exactly as DRF composes them.
func notePermissions(db *gorm.DB) map[string]ginauth.Rule {
	var (
		model     = policies.ModelPermissions[Note](db)
		view      = policies.ViewPermsMap()
		object    = policies.ObjectPermissions[Note](db)
		isOwner   = policies.IsOwner("owner_id")
		ownerMsg  = policies.Deny(isOwner, "Not your note.", "not_owner")
		ownerOrRO = policies.OwnerOrReadOnly("owner_id")
	)
	return map[string]ginauth.Rule{
		"any":        ginauth.PermissionClasses(policies.AllowAny),
		"model":      ginauth.PermissionClasses(model),
		"model-anon": ginauth.PermissionClasses(policies.ModelPermissionsOrAnonReadOnly[Note](db)),
		"model-view": ginauth.PermissionClasses(
			policies.ModelPermissions[Note](db, view)),
		"auth-model":     ginauth.PermissionClasses(isAuthenticated, model),
		"model-or-admin": ginauth.PermissionClasses(drf.Any(model, isAdminUser)),
		"not-model":      ginauth.PermissionClasses(drf.Not(model)),
		"object":         ginauth.PermissionClasses(object),
		"object-view": ginauth.PermissionClasses(
			policies.ObjectPermissions[Note](db, policies.ObjectPermissionsConfig{Map: view})),
		"object-only": ginauth.PermissionClasses(
			policies.ObjectPermissions[Note](db, policies.ObjectPermissionsConfig{Map: view, ObjectOnly: true})),
		"object-anon": ginauth.PermissionClasses(
			policies.ObjectPermissions[Note](db, policies.ObjectPermissionsConfig{Anonymous: true})),
		"owner":               ginauth.PermissionClasses(isOwner),
		"owner-ro":            ginauth.PermissionClasses(ownerOrRO),
		"auth-owner-ro":       ginauth.PermissionClasses(isAuthenticated, ownerOrRO),
		"owner-msg":           ginauth.PermissionClasses(isAuthenticated, ownerMsg),
		"owner-or-admin":      ginauth.PermissionClasses(drf.Any(isOwner, isAdminUser)),
		"admin-or-owner-msg":  ginauth.PermissionClasses(drf.Any(isAdminUser, ownerMsg)),
		"auth-and-owner":      ginauth.PermissionClasses(drf.All(isAuthenticated, isOwner)),
		"not-owner":           ginauth.PermissionClasses(isAuthenticated, drf.Not(isOwner)),
		"not-admin":           ginauth.PermissionClasses(isAuthenticated, drf.Not(isAdminUser)),
		"admin-and-not-owner": ginauth.PermissionClasses(drf.All(isAdminUser, drf.Not(isOwner))),
		"obj-msg":             ginauth.PermissionClasses(isAuthenticated, isOwner, denyMsg),
	}
}

// notes declares /n: routes about all notes, which have no single object, and
// routes about one note.
func (app *application) notes() {
	load := ginauth.Object(policies.Load[Note](app.db, "id", policies.LoadConfig{
		Query: func(_ *gin.Context, tx *gorm.DB) *gorm.DB { return tx.Preload("Owner") },
	}))
	many := view{methods: []string{"GET", "HEAD", "POST"}, handler: answerMany, options: options}
	one := view{methods: []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"}, handler: answerOne, options: options}
	for _, authKey := range []string{"none", "token", "token-basic", "session-token"} {
		authentication := app.authenticators()[authKey]
		for permKey, permission := range notePermissions(app.db) {
			path := "/n/" + authKey + "/" + permKey + "/notes"
			app.route(path, many, authentication, permission, ginauth.NoObject())
			app.objectRoute(path+"/:id", one, load, authentication, permission)
		}
	}
}

// anyMethod lists the methods that Gin's Any registers.
var anyMethod = []string{"GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE", "CONNECT", "TRACE"}

// objectRoute declares a view about an object, with the methods that the view
// has. It answers other methods without loading the object, as DRF does.
func (app *application) objectRoute(path string, v view, load ginauth.Rule, rules ...ginauth.Rule) {
	app.views[path] = v
	group := app.auth.With(app.engine, rules...)
	app.auth.With(group, load).Match(v.methods, path, v.dispatch)
	others := slices.DeleteFunc(slices.Clone(anyMethod), func(method string) bool {
		return slices.Contains(v.methods, method)
	})
	app.auth.With(group, ginauth.NoObject()).Match(others, path, v.dispatch)
}

type noteAnswer struct {
	Method string  `json:"method"`
	User   *string `json:"user"`
	Note   int64   `json:"note,omitempty"`
	Title  string  `json:"title,omitempty"`
	Owner  string  `json:"owner,omitempty"`
}

func answerMany(c *gin.Context) {
	f := factsOf(c)
	ginauth.JSON(c, http.StatusOK, noteAnswer{Method: f.Method, User: f.User})
}

func answerOne(c *gin.Context) {
	f, note := factsOf(c), ginauth.ObjectOf[Note](c)
	ginauth.JSON(c, http.StatusOK, noteAnswer{f.Method, f.User, note.ID, note.Title, note.Owner.Username})
}

func options(c *gin.Context) {
	ginauth.JSON(c, http.StatusOK, struct {
		Method string `json:"method"`
	}{http.MethodOptions})
}
