package audit_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := database.Open(filepath.Join(dir, "app.db"))
	if err != nil {
		log.Fatal(err)
	}
	if err := models.Migrate(db); err != nil {
		log.Fatal(err)
	}
	trail := audit.New(db)
	r := gin.New()
	ginauth.New(r, ginauth.Observers(trail), ginauth.PermissionClasses(anyone{}))
	r.DELETE("/keys/:id", func(c *gin.Context) { // the application's own kind of credential
		ginauth.Emit(c, ginauth.Event{Kind: ginauth.CredentialRevoked, Owner: "alice", Credential: "key", CredentialID: c.Param("id")})
		c.Status(http.StatusNoContent)
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodDelete, "/keys/7", nil))

	ctx := context.Background()
	if err := trail.Close(ctx); err != nil { // when the server has shut down
		log.Fatal(err)
	}
	for e, err := range audit.List(ctx, db, audit.Filter{Subject: "alice"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Kind, e.Method, e.Route, "by", e.Subject, "of", e.Owner, e.Credential, e.CredentialID)
	}
	// Output: credential_revoked DELETE /keys/:id by anonymous of alice key 7
}
