package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// device is the user of requests that come from one.
type device string

func (device) Authenticated() bool { return true }

// Subject names the device in logs.
func (d device) Subject() string { return "device " + string(d) }

// byDevice identifies devices by a header.
type byDevice struct{ keys map[string]device }

func (a byDevice) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	key := c.GetHeader("X-Device-Key")
	if key == "" {
		return nil, ginauth.ErrNoCredentials // the next authenticator may try
	}
	d, ok := a.keys[key]
	if !ok {
		return nil, ginauth.AuthenticationFailed().WithDetail("Unknown device.")
	}
	return &ginauth.Identity{User: d}, nil
}

// Challenge makes refusals 401; without it they would be 403.
func (byDevice) Challenge(*gin.Context) string { return "Device" }

// String is what the route table and the log show.
func (byDevice) String() string { return "ByDevice" }

// A type with one method is an authenticator.
func ExampleAuthenticator() {
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(byDevice{map[string]device{"k1": "thermometer"}}))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })

	for _, key := range []string{"k1", "k2"} {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("X-Device-Key", key)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Header()["Www-Authenticate"], w.Body)
	}
	// Output:
	// 200 [] device thermometer
	// 401 [Device] {"detail":"Unknown device."}
}
