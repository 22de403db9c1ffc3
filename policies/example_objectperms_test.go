package policies_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// article is the model wiki.article of Django.
type article struct{ ID int64 }

func (article) TableName() string { return "wiki_article" }

// ObjectPermissions asks for a grant on the object. The permission on the model
// is not asked for here; by default it is needed too.
func ExampleObjectPermissions() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = db.AutoMigrate(&article{})
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	_ = db.Create([]article{{ID: 1}, {ID: 2}})
	_ = models.SyncPermissions(ctx, db, &article{})
	_ = models.AssignPerm(ctx, db, "wiki.change_article", alice, &article{ID: 1})

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	config := policies.ObjectPermissionsConfig{ObjectOnly: true}
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	articles := auth.Group(r, "/articles/:id", ginauth.Object(policies.Load[article](db, "id")),
		ginauth.PermissionClasses(policies.ObjectPermissions[article](db, config)))
	articles.PUT("", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	for _, path := range []string{"/articles/1", "/articles/2"} {
		request := httptest.NewRequest("PUT", path, nil)
		request.SetBasicAuth("alice", "correct horse")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(path, w.Code)
	}
	// Output:
	// /articles/1 204
	// /articles/2 403
}
