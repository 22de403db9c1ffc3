package main

import (
	"errors"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// application is the reference application, with its routes declared with
// ginauth.
type application struct {
	db     *gorm.DB
	users  *models.Users
	engine *gin.Engine
	auth   *ginauth.Auth
	views  views
	rates  resettableStore

	session *policies.SessionAuth
}

// recordedIterations are the iterations of the hashes in the fixture, which the
// recorded applications had, too.
const recordedIterations = 260_000

// passwords mirrors the reference's PASSWORD_HASHERS. Django 5.1 has no hashers
// for SHA-1 and for hashes without a salt.
func passwords(releases stack.Releases, iterations int) models.Passwords {
	hashers := password.Hashers{
		password.PBKDF2SHA256{Iterations: iterations}, password.PBKDF2SHA1{Iterations: iterations}, password.Argon2{},
		password.BCryptSHA256{}, password.BCrypt{}, password.Legacy("md5"),
	}
	if !releases.Has(stack.WeakHashers) {
		for _, old := range []string{"sha1", "unsalted_sha1", "unsalted_md5"} {
			hashers = append(hashers, password.Legacy(old))
		}
	}
	return models.Passwords{Hashers: hashers}
}

// newApplication returns the application on a database that holds the fixture
// and has its drf.Stack declared, or runs beside the newest.
func newApplication(db *gorm.DB, iterations int) *application {
	releases := stack.Of(db)
	unlimited := logins.Limits{InsecureUnlimited: true} // as in DRF
	if err := errors.Join(db.Use(passwords(releases, iterations)), db.Use(secretKeys), db.Use(unlimited)); err != nil {
		panic(err)
	}
	users, err := models.UsersOf(db)
	if err != nil {
		panic(err)
	}
	engine := gin.New()
	app := &application{db: db, users: users, engine: engine, views: views{}, session: newSession(db)}
	app.resetThrottles()
	engine.RedirectTrailingSlash = false
	engine.Use(gin.Recovery(), joinRemoteUsers, app.views.prepare)
	app.auth = ginauth.New(engine,
		ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)),
		ginauth.PermissionClasses(policies.IsAuthenticated),
		ginauth.ErrorRenderer(renderWithCode),
	)
	app.matrix()
	app.exceptions(releases)
	app.notes()
	app.throttles()
	app.jwt()
	app.sessions()
	app.oracle()
	handlers.MountObtainAuthToken(app.auth, engine, "/token", db,
		handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}})
	app.views["/token"] = view{methods: []string{"POST"}}
	return app
}

// matrix declares /m, /g, /c and /d, which combine every authenticator with
// every permission, and the routes of the defaults.
func (app *application) matrix() {
	all := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	authenticators := app.authenticators()
	for authKey, authentication := range authenticators {
		for permKey, permission := range app.permissions() {
			pair := "/" + authKey + "/" + permKey
			app.route("/m"+pair, view{name: "Whoami", methods: all, handler: whoami}, authentication, permission)
		}
	}
	for _, authKey := range []string{"none", "token", "basic", "session"} {
		authentication := authenticators[authKey]
		for _, permKey := range []string{"any", "auth", "auth-ro"} {
			pair, rules := "/"+authKey+"/"+permKey, []ginauth.Rule{authentication, permissions[permKey]}
			app.route("/g"+pair, view{name: "Whoami", methods: []string{"GET"}, handler: whoami}, rules...)
			methods := []string{"GET", "PUT", "HEAD"}
			app.route("/c"+pair, view{name: "Who Am I", methods: methods, handler: whoami}, rules...)
			app.route("/d"+pair, view{name: "Data", methods: []string{"POST"}, handler: data}, rules...)
		}
	}
	both := []string{"GET", "POST"}
	app.route("/default", view{name: "Default", methods: both, handler: whoami})
	app.route("/default/public", view{name: "Default Public", methods: both, handler: whoami}, permissions["any"])
	app.route("/default/open", view{name: "Default Open", methods: both, handler: whoami}, ginauth.NoAuthentication())
}
