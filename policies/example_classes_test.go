package policies_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// memo belongs to a user.
type memo struct {
	ID      int64
	OwnerID int64
	Text    string
}

// exampleUser returns a database in memory with one user and a memo of theirs
// beside that of another user.
func exampleUser() *gorm.DB {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	alice := &models.User{Username: "alice"}
	err = errors.Join(models.Migrate(db), db.AutoMigrate(&memo{}),
		models.CreateUser(context.Background(), db, alice, "correct horse"))
	memos := []memo{{OwnerID: alice.ID, Text: "hers"}, {OwnerID: alice.ID + 1, Text: "theirs"}}
	err = errors.Join(err, db.Create(memos).Error)
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// newEngine returns an engine that clients reach without a proxy.
func newEngine() *gin.Engine {
	r := gin.New()
	if err := r.SetTrustedProxies(nil); err != nil {
		log.Fatal(err)
	}
	return r
}

// answer prints the answer to a request of alice.
func answer(r http.Handler, path string) {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.SetBasicAuth("alice", "correct horse")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
}

// Basic takes the names and passwords of Django's users.
func ExampleBasic() {
	db := exampleUser()
	r := newEngine()
	ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })

	answer(r, "/me")
	// Output: 200 alice
}

// Load finds the row before the handler runs, and IsOwner judges it.
func ExampleIsOwner() {
	db := exampleUser()
	r := newEngine()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	memos := auth.Group(r, "/memos/:id", ginauth.Object(policies.Load[memo](db, "id")),
		ginauth.PermissionClasses(policies.IsOwner("owner_id")))
	memos.GET("", func(c *gin.Context) { c.String(http.StatusOK, ginauth.ObjectOf[memo](c).Text) })

	answer(r, "/memos/1")
	answer(r, "/memos/2")
	// Output:
	// 200 hers
	// 403 {"detail":"You do not have permission to perform this action."}
}

// Filter applies the rules of the route to a list, in SQL.
func ExampleFilter() {
	db := exampleUser()
	r := newEngine()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	memos := auth.Group(r, "/memos", ginauth.ObjectsInHandler(),
		ginauth.PermissionClasses(policies.IsOwner("owner_id")))
	memos.GET("", func(c *gin.Context) {
		var list []memo
		if err := policies.Filter(c, db).Find(&list).Error; err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.JSON(http.StatusOK, list)
	})

	answer(r, "/memos")
	// Output: 200 [{"ID":1,"OwnerID":1,"Text":"hers"}]
}

// UserRate counts each user's requests; others are counted by address.
func ExampleUserRate() {
	db := exampleUser()
	r := newEngine()
	ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)),
		ginauth.ThrottleClasses(policies.UserRate("1/day")))
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "hello") })

	for range 2 {
		request := httptest.NewRequest(http.MethodGet, "/me", nil)
		request.SetBasicAuth("alice", "correct horse")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 429
}
