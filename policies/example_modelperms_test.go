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

// post is the model blog.post of Django.
type post struct {
	ID   int64
	Text string
}

func (post) TableName() string { return "blog_post" }

// ModelPermissions asks for Django's permission on the model that the method
// needs: POST needs blog.add_post, DELETE blog.delete_post.
func ExampleModelPermissions() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	_ = models.SyncPermissions(ctx, db, &post{})
	_ = models.AssignPerm(ctx, db, "blog.add_post", alice, nil)

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	posts := auth.Group(r, "/posts", ginauth.PermissionClasses(policies.ModelPermissions[post](db)))
	posts.POST("", func(c *gin.Context) { c.Status(http.StatusCreated) })
	posts.DELETE("", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	for _, method := range []string{"POST", "DELETE"} {
		request := httptest.NewRequest(method, "/posts", nil)
		request.SetBasicAuth("alice", "correct horse")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(method, w.Code)
	}
	// Output:
	// POST 201
	// DELETE 403
}
