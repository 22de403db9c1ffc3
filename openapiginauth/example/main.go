// Command example serves an API, and the OpenAPI document that describes it:
// swaggo generates the document from the comments of the handlers, and
// openapiginauth adds who may call them. The document in the repository is
// checked by a test, which writes it when it is told to:
//
//	go test ./example -update
//	go run ./example
//	curl http://127.0.0.1:8080/openapi.json
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

//go:embed openapi.json
var document []byte

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

func run() error {
	db, err := database.Open("sqlite://example.db")
	if err != nil {
		return err
	}
	if err := errors.Join(models.Migrate(db), db.AutoMigrate(&Note{})); err != nil {
		return err
	}
	r, _ := newAPI(db)
	server := http.Server{Addr: "127.0.0.1:8080", Handler: r, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// newAPI returns the API, with its policies.
//
//	@title		Notes
//	@version	1.0
//	@BasePath	/api/v1
func newAPI(db *gorm.DB) (*gin.Engine, *ginauth.Auth) {
	r := gin.New()
	_ = r.SetTrustedProxies(nil) // nil is always accepted
	auth := ginauth.New(r,
		ginauth.AuthenticationClasses(policies.Token(db), policies.AccessToken(db)),
		ginauth.ThrottleClasses(policies.UserRate("1000/hour"), policies.AnonRate("60/min")),
		ginauth.RateLimitHeaders())
	open := auth.With(r,
		ginauth.NoAuthentication(), ginauth.NoThrottles(),
		ginauth.PermissionClasses(ginauth.Public("describes the API")))
	open.GET("/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/json", document) })

	api := r.Group("/api/v1")
	mountLogin(auth, api, db)
	n := notes{db}
	auth.With(api, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).GET("/count", n.count)
	owned := policies.Conceal(policies.IsOwner("owner_id"))
	mine := auth.Group(api, "/notes", ginauth.PermissionClasses(policies.HasScope("notes"), owned))
	auth.With(mine, ginauth.ObjectsInHandler()).GET("", n.list)
	one := auth.With(mine, ginauth.Object(policies.Load[Note](db, "id")))
	one.GET("/:id", n.show)
	one.DELETE("/:id", n.drop)
	return r, auth
}
