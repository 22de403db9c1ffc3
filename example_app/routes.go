package main

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// newEngine declares the routes of the application and their policies.
func newEngine(db *gorm.DB, logger *slog.Logger) (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil) // nobody's X-Forwarded-For is believed; nil is always accepted
	engine.HandleMethodNotAllowed = true
	engine.Use(gin.Recovery())

	auth := ginauth.New(engine,
		ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)),
		ginauth.PermissionClasses(policies.IsAuthenticated),
		ginauth.Logger(logger),
	)
	everybody := []ginauth.Rule{ginauth.PermissionClasses(policies.AllowAny), ginauth.NoAuthentication()}
	auth.With(engine, everybody...).GET("/healthz", health(db))
	engine.NoRoute(func(c *gin.Context) { ginauth.Abort(c, ginauth.NotFound()) }) // DRF's body in place of Gin's
	auth.NoRoute(everybody...)
	handlers.MountObtainAuthToken(auth, engine, "/api-token-auth/", db, handlers.ObtainAuthTokenConfig{Extend: withUsername})

	api := engine.Group("/api") // plain Gin: the defaults hold
	api.GET("/me", me)

	n := notes{db}
	mine := auth.Group(api, "/notes", // other people's notes are not there
		ginauth.PermissionClasses(policies.IsAuthenticated, policies.Conceal(policies.IsOwner("owner_id"))))
	many := auth.With(mine, ginauth.ObjectsInHandler())
	many.GET("", n.list)
	many.POST("", n.create)
	one := auth.Group(mine, "/:id", ginauth.Object(policies.Load[Note](db, "id")))
	one.GET("", n.read)
	one.DELETE("", n.remove)
	auth.With(api, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).GET("/stats", n.stats)

	staff := auth.Group(engine, "/staff",
		ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, policies.InGroup("editors")).
			WithDenial("This is for the staff and for editors.", "not_staff")))
	staff.GET("/users", listUsers(db))
	return engine, auth
}

// withUsername adds the user to the answer of a login.
func withUsername(_ *gin.Context, user models.UserModel, response handlers.TokenResponse) (any, error) {
	return struct {
		handlers.TokenResponse
		Username string `json:"username"`
	}{response, user.(*models.User).Username}, nil
}

// health answers 200 if the database does.
func health(db *gorm.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		sqlDB, err := db.DB()
		if err == nil {
			err = sqlDB.PingContext(c.Request.Context())
		}
		if err != nil {
			ginauth.Abort(c, ginauth.Unavailable(err))
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	}
}

// person is a user as the API shows it.
type person struct {
	Username string `json:"username"`
	Staff    bool   `json:"staff"`
}

func me(c *gin.Context) {
	user, _ := ginauth.UserAs[*models.User](c)
	c.JSON(http.StatusOK, person{user.Username, user.IsStaff})
}

func listUsers(db *gorm.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		var users []models.User
		if err := db.WithContext(c.Request.Context()).Order("id").Find(&users).Error; err != nil {
			ginauth.Abort(c, ginauth.Unavailable(err))
			return
		}
		people := make([]person, len(users))
		for i, user := range users {
			people[i] = person{user.Username, user.IsStaff}
		}
		c.JSON(http.StatusOK, people)
	}
}
