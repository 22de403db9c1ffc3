package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// invoice is an object with a state.
type invoice struct{ paid bool }

// isOpen accepts invoices that have not been paid.
type isOpen struct{}

// HasPermission accepts every request: the rule is only about objects.
func (isOpen) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

func (isOpen) HasObjectPermission(_ *gin.Context, _ *ginauth.Identity, obj any) (bool, error) {
	i, ok := obj.(*invoice)
	if !ok {
		return false, fmt.Errorf("IsOpen cannot judge a %T", obj) // a failure, not a decision
	}
	return !i.paid, nil
}

// String is what the route table and the log show.
func (isOpen) String() string { return "IsOpen" }

// A second method makes a permission a rule about objects.
func ExampleObjectPermission() {
	r := gin.New()
	auth := ginauth.New(r)
	auth.With(r, ginauth.PermissionClasses(isOpen{}), ginauth.ObjectsInHandler()).PUT("/:state", func(c *gin.Context) {
		if err := ginauth.CheckObject(c, &invoice{paid: c.Param("state") == "paid"}); err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.String(http.StatusOK, "changed")
	})

	for _, path := range []string{"/open", "/paid"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("PUT", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /open 200
	// /paid 403
}
