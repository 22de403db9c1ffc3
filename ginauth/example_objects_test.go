package ginauth_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// A handler that loads an object itself asks about it.
func ExampleCheckObject() {
	type account struct{ Balance int }
	solvent := policies.ObjectPermissionFunc("Solvent",
		func(_ *gin.Context, _ *ginauth.Identity, a *account) (bool, error) { return a.Balance >= 0, nil })
	r := gin.New()
	auth := ginauth.New(r)
	auth.With(r, ginauth.PermissionClasses(solvent), ginauth.ObjectsInHandler()).POST("/pay", func(c *gin.Context) {
		found := account{Balance: -5}
		if err := ginauth.CheckObject(c, &found); err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.String(http.StatusOK, "paid")
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", "/pay", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 403 {"detail":"You do not have permission to perform this action."}
}

// A handler asks about a new object before it stores it.
func ExampleCheckDraft() {
	type draft struct{ Folder string }
	notArchive := policies.ObjectPermissionFunc("NotArchive",
		func(_ *gin.Context, _ *ginauth.Identity, d *draft) (bool, error) { return d.Folder != "archive", nil })
	r := gin.New()
	auth := ginauth.New(r)
	auth.With(r, ginauth.PermissionClasses(notArchive), ginauth.ObjectsInHandler()).POST("/:folder", func(c *gin.Context) {
		if err := ginauth.CheckDraft(c, &draft{c.Param("folder")}); err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.String(http.StatusCreated, "created") // after storing it
	})

	for _, path := range []string{"/inbox", "/archive"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /inbox 201
	// /archive 403
}

// NoObject is for a route without an object in a group with rules about them.
func ExampleNoObject() {
	type note struct{ Public bool }
	public := policies.ObjectPermissionFunc("Public",
		func(_ *gin.Context, _ *ginauth.Identity, n *note) (bool, error) { return n.Public, nil })
	r := gin.New()
	auth := ginauth.New(r)
	notes := auth.Group(r, "/notes", ginauth.PermissionClasses(public))
	auth.With(notes, ginauth.NoObject()).GET("/count", func(c *gin.Context) { c.String(http.StatusOK, "2") })

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/notes/count", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 2
}

// A handler that forgets to apply the rules about objects is refused.
func ExampleRefuseUncheckedObjects() {
	type note struct{ Public bool }
	public := policies.ObjectPermissionFunc("Public",
		func(_ *gin.Context, _ *ginauth.Identity, n *note) (bool, error) { return n.Public, nil })
	r := gin.New()
	auth := ginauth.New(r, ginauth.RefuseUncheckedObjects(true), ginauth.Logger(slog.New(slog.DiscardHandler)))
	auth.With(r, ginauth.PermissionClasses(public), ginauth.ObjectsInHandler()).GET("/diary", func(c *gin.Context) {
		c.String(http.StatusOK, "Dear diary") // without ginauth.CheckObject
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/diary", nil))
	fmt.Println(w.Code, w.Body, auth.UncheckedObjects())
	// Output: 500 {"detail":"A server error occurred."} 1
}
