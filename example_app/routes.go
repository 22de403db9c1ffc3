package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/rates"
)

// engineConfig is what the routes depend on outside the database.
type engineConfig struct {
	InsecureCookies bool        // see [policies.SessionConfig]
	Rates           rates.Store // counts requests; nil: each process counts its own

	// PingRates asks whether the store of Rates answers; nil: it is in memory.
	PingRates func(ctx context.Context) error
}

// newEngine declares the routes of the application and their policies. The
// database must already have its models.SecretKeys. drain is that of the probes.
func newEngine(db *gorm.DB, config engineConfig, logger *slog.Logger) (
	engine *gin.Engine, auth *ginauth.Auth, drain func(ctx context.Context, wait time.Duration),
) {
	engine = gin.New()
	_ = engine.SetTrustedProxies(nil) // X-Forwarded-For is never trusted; nil is always accepted
	engine.HandleMethodNotAllowed = true
	engine.SetHTMLTemplate(templates)
	engine.Use(gin.Recovery(), securityHeaders, inTime)

	rates := policies.RateConfig{Store: config.Rates}
	// The API and the page share the count.
	guesses := ginauth.ThrottleClasses(policies.AddressRate("20/min", rates))
	auth = ginauth.New(engine,
		ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)),
		ginauth.PermissionClasses(policies.IsAuthenticated),
		ginauth.ThrottleClasses(policies.AnonRate("60/min", rates), policies.UserRate("1000/hour", rates)),
		ginauth.ErrorRenderer(renderError),
		ginauth.Logger(logger),
	)
	probe := handlers.ProbesConfig{Logger: logger}
	if config.PingRates != nil {
		probe.Requires = map[string]func(context.Context) error{"redis": config.PingRates}
	}
	drain = handlers.MountProbes(auth, engine, "", db, probe)
	// This answers with DRF's body in place of Gin's.
	engine.NoRoute(func(c *gin.Context) { ginauth.Abort(c, ginauth.NotFound()) })
	auth.NoRoute(open()...)

	n := notes{db}
	addAPI(auth, engine, n, guesses)
	session := policies.Session(db, policies.SessionConfig{InsecureCookie: config.InsecureCookies})
	addPages(auth, engine, n, guesses, session)
	return engine, auth, drain
}

// open returns the policy of routes that any client may call, as often as it
// likes.
func open() []ginauth.Rule {
	return []ginauth.Rule{
		ginauth.PermissionClasses(ginauth.Public("the same for everyone")),
		ginauth.NoAuthentication(), ginauth.NoThrottles(),
	}
}

// addAPI adds the API, for programs: they send a token, or a name and a
// password, with every request.
func addAPI(auth *ginauth.Auth, engine *gin.Engine, n notes, guesses ginauth.Rule) {
	handlers.MountObtainAuthToken(auth, engine, "/api-token-auth/", n.db,
		handlers.ObtainAuthTokenConfig{Extend: withUsername, Rules: []ginauth.Rule{guesses}})

	api := engine.Group("/api") // plain Gin: the defaults apply
	api.GET("/me", me)
	mine := auth.Group(api, "/notes", owned(policies.IsAuthenticated))
	many := auth.With(mine, ginauth.ObjectsInHandler())
	many.GET("", n.list)
	many.POST("", n.create)
	one := auth.Group(mine, "/:id", ginauth.Object(policies.Load[Note](n.db, "id")))
	one.GET("", n.read)
	one.DELETE("", n.remove)
	auth.With(api, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).GET("/stats", n.stats)

	staff := auth.Group(engine, "/staff",
		ginauth.PermissionClasses(policies.Deny(policies.Any(policies.IsAdminUser, policies.InGroup("editors")),
			"This is for the staff and for editors.", "not_staff")))
	staff.GET("/users", listUsers(n.db))
}

// addPages adds the pages, for people: a session identifies them, and every
// form that they post contains a CSRF token.
func addPages(auth *ginauth.Auth, engine *gin.Engine, n notes, guesses ginauth.Rule, session *policies.SessionAuth) {
	p := pages{notes: n, logins: logins.Of(session.Sessions().Users()), session: session}
	assets := auth.Group(engine, "/assets", open()...)
	assets.GET("/style.css", asset("style.css"))
	assets.GET("/icon.svg", asset("icon.svg"))

	login := ginauth.PermissionClasses(ginauth.Public("a login"))
	visitors := auth.With(engine, ginauth.AuthenticationClasses(session), login)
	visitors.GET("/login", p.loginForm)
	strangers := auth.With(engine, ginauth.NoAuthentication(), login)
	strangers.POST("/logout", limitBody, p.logout)
	auth.With(strangers, guesses).POST("/login", limitBody, p.login)

	mine := auth.With(visitors, owned(loginRequired{}))
	many := auth.With(mine, ginauth.ObjectsInHandler())
	many.GET("/", p.index)
	many.POST("/notes", limitBody, p.create)
	one := auth.Group(mine, "/notes/:id", ginauth.Object(policies.Load[Note](n.db, "id")))
	one.POST("/delete", p.remove)

	handlers.MountPolicies(auth, visitors, policyPage, handlers.PoliciesConfig{
		Rules: []ginauth.Rule{ginauth.PermissionClasses(loginRequired{}, policies.IsAdminUser)},
	})
}

// policyPage shows the staff all routes and who may call them.
const policyPage = "/-/policies"

// owned lets users do everything with their own notes, and hides other people's
// notes from them.
func owned(user ginauth.Permission) ginauth.Rule {
	return ginauth.PermissionClasses(user, policies.Conceal(policies.IsOwner("owner_id")))
}
