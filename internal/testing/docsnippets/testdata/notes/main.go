// Command notes is the application whose commands and routes the documents
// show. It is configured by the environment: DATABASE_URL, SECRET_KEY, ADDR.
package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(commands.Main(context.Background(), os.Args[1:], commands.App{
		Name: "notes", Database: open, Routes: routes, Serve: serve,
	}))
}

func open() (*gorm.DB, error) {
	db, err := database.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, err
	}
	return db, errors.Join(
		db.Use(models.SecretKeys{models.Secret(os.Getenv("SECRET_KEY"))}),
		db.Use(models.Scopes{"notes:read": {"core.view_note"}, "profile": {}}),
		db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)}),
	)
}

func newEngine() (*gin.Engine, *ginauth.Auth, error) {
	db, err := open()
	if err != nil {
		return nil, nil, err
	}
	tokens := jwt.Config{
		Key:                 jwt.HS256([]byte(os.Getenv("SECRET_KEY"))),
		RotateRefreshTokens: true, BlacklistAfterRotation: true,
	}
	engine := gin.New()
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, nil, err
	}
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(
		policies.Token(db), policies.AccessToken(db), jwt.NewAuthenticator(db, tokens), policies.Basic(db)))
	unlimited := []ginauth.Rule{ginauth.NoThrottles()} // the proxy's task
	handlers.MountAccessTokens(auth, engine, "/api/tokens", db, handlers.AccessTokensConfig{Rules: unlimited})
	endpoints := jwt.Endpoints{Pair: "/api/token/", Refresh: "/api/token/refresh/", Rules: unlimited}
	jwt.Mount(auth, engine, endpoints, db, tokens)

	engine.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.JSON(http.StatusOK, gin.H{"username": user.Username})
	})
	auth.With(engine, ginauth.PermissionClasses(policies.HasScope("notes:read"))).
		GET("/notes", func(c *gin.Context) { c.JSON(http.StatusOK, []string{}) })
	auth.With(engine, ginauth.PermissionClasses(ginauth.Public("asked by the load balancer"))).
		GET("/health", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	return engine, auth, nil
}

func routes() (*ginauth.Auth, error) {
	_, auth, err := newEngine()
	return auth, err
}

func serve(context.Context) error {
	engine, _, err := newEngine()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:    cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"),
		Handler: engine, ReadHeaderTimeout: 10 * time.Second,
	}
	return server.ListenAndServe()
}
