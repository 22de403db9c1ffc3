// Package endpoint answers requests to the routes that the library mounts, as
// DRF's views do.
package endpoint

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// LoginRate is how many logins the endpoints that take a password accept from
// one address, unless the rules of a config set other throttles.
const LoginRate = "20/min"

// View answers the methods of one route. OPTIONS describes it, every other
// method is 405, and a refusal or failure is answered by [ginauth.Abort]. No
// answer may be cached, as most hold credentials (RFC 6749 section 5.1).
type View struct {
	Name        string
	Description string
	Body        Body

	// Takes and Gives are the fields of the view's serializer. Only OPTIONS
	// shows them.
	Takes, Gives []string

	Methods map[string]Answer
}

// Answer answers a request of one method with a status and a body, or with an
// error. The body of 204 is not written.
type Answer func(c *gin.Context) (status int, body any, err error)

// OK answers with 200 and a body.
func OK(answer func(c *gin.Context) (body any, err error)) Answer {
	return func(c *gin.Context) (int, any, error) {
		body, err := answer(c)
		return http.StatusOK, body, err
	}
}

// Handler returns the handler of the route, for all methods.
func (v View) Handler() gin.HandlerFunc {
	allow, metadata := v.allow(), v.metadata()
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(ginauth.Context(c)) // by which what it calls can emit events
		c.Header("Allow", allow)
		c.Header("Cache-Control", "no-store")
		answer, ok := v.Methods[c.Request.Method]
		switch {
		case ok:
			answer.write(c)
		case c.Request.Method == http.MethodOptions:
			c.Data(http.StatusOK, "application/json", metadata)
		default:
			ginauth.Abort(c, ginauth.MethodNotAllowed(c.Request.Method))
		}
	}
}

// allow lists the methods in DRF's order.
func (v View) allow() string {
	var methods []string
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		if v.Methods[method] != nil {
			methods = append(methods, method)
		}
	}
	return strings.Join(append(methods, http.MethodOptions), ", ")
}

func (a Answer) write(c *gin.Context) {
	status, body, err := a(c)
	switch {
	case err != nil:
		ginauth.Abort(c, err)
	case status == http.StatusNoContent:
		c.Status(status)
	default:
		ginauth.JSON(c, status, body)
	}
}

// CheckPath panics if a path is empty in a group that has no path of its own,
// because the route would then be that of "/". The constructor is e.g.
// "handlers: MountSession".
func CheckPath(constructor string, group *gin.RouterGroup, path, example string) {
	if path == "" && group.BasePath() == "/" {
		panic(constructor + `: the path is empty; give one, such as "` + example + `"`)
	}
}
