package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// officeHours lets requests pass from nine to five.
type officeHours struct{ now func() time.Time }

func (p officeHours) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	hour := p.now().Hour()
	return hour >= 9 && hour < 17, nil
}

// Message and Code are what the client is told; see ginauth.Denial.
func (officeHours) Message() any { return "We are closed." }
func (officeHours) Code() string { return "closed" }

// String is what the route table and the log show.
func (officeHours) String() string { return "OfficeHours" }

// A type with one method is a permission.
func ExamplePermission() {
	for _, hour := range []int{12, 20} {
		clock := func() time.Time { return time.Date(2026, 11, 2, hour, 0, 0, 0, time.UTC) }
		r := gin.New()
		ginauth.New(r, ginauth.PermissionClasses(officeHours{clock}))
		r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "welcome") })

		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 welcome
	// 403 {"detail":"We are closed."}
}
