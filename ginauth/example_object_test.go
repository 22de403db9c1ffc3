package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// note is an object that requests are about.
type note struct{ Owner, Text string }

var notes = map[string]*note{
	"1": {Owner: "alice", Text: "Buy milk."},
	"2": {Owner: "bob", Text: "Call alice."},
}

// noteByID finds the note that the path names. For GORM models there is
// policies.Load.
type noteByID struct{}

func (noteByID) LoadObject(c *gin.Context) (any, error) {
	if n, ok := notes[c.Param("id")]; ok {
		return n, nil
	}
	return nil, ginauth.NotFound()
}

func (noteByID) PathParameter() string { return "id" } // for Check

// The object is loaded and checked before the handler runs.
func ExampleObject() {
	ownedByAlice := policies.ObjectPermissionFunc("OwnedByAlice",
		func(_ *gin.Context, _ *ginauth.Identity, n *note) (bool, error) { return n.Owner == "alice", nil })
	r := gin.New()
	auth := ginauth.New(r)
	one := auth.Group(r, "/notes/:id", ginauth.PermissionClasses(ownedByAlice), ginauth.Object(noteByID{}))
	one.GET("", func(c *gin.Context) {
		c.String(http.StatusOK, ginauth.ObjectOf[note](c).Text)
	})

	for _, path := range []string{"/notes/1", "/notes/2", "/notes/3"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code, w.Body)
	}
	// Output:
	// /notes/1 200 Buy milk.
	// /notes/2 403 {"detail":"You do not have permission to perform this action."}
	// /notes/3 404 {"detail":"Not found."}
}
