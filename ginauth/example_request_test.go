package ginauth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Current returns the identity of the request, which may be anonymous.
func ExampleCurrent() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/", func(c *gin.Context) {
		id := ginauth.Current(c)
		c.String(http.StatusOK, "%s, authenticated: %v", id.Subject(), id.Authenticated())
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Body)
	// Output: anonymous, authenticated: false
}

// UserAs returns the user as the application's own type.
func ExampleUserAs() {
	r := gin.New()
	alice := policies.AuthenticatorFunc("Alice", func(*gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{User: &models.User{Username: "alice"}}, nil
	})
	ginauth.New(r, ginauth.AuthenticationClasses(alice))
	r.GET("/me", func(c *gin.Context) {
		user, ok := ginauth.UserAs[*models.User](c)
		if !ok { // another kind of user, such as a service
			ginauth.Abort(c, ginauth.PermissionDenied())
			return
		}
		c.String(http.StatusOK, "hello %s", user.Username)
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/me", nil))
	fmt.Println(w.Body)
	// Output: hello alice
}

// AuthAs returns the credential of the request.
func ExampleAuthAs() {
	r := gin.New()
	token := policies.AuthenticatorFunc("Token", func(*gin.Context) (*ginauth.Identity, error) {
		user := &models.User{Username: "alice"}
		created := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		return &ginauth.Identity{User: user, Auth: &models.Token{Created: created}}, nil
	})
	ginauth.New(r, ginauth.AuthenticationClasses(token))
	r.GET("/me", func(c *gin.Context) {
		if token, ok := ginauth.AuthAs[*models.Token](c); ok {
			c.String(http.StatusOK, "a token of %s", token.Created.Format(time.DateOnly))
		}
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/me", nil))
	fmt.Println(w.Body)
	// Output: a token of 2026-11-01
}

// Abort ends a request as an exception does in Django REST framework.
func ExampleAbort() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny), ginauth.Logger(slog.New(slog.DiscardHandler)))
	r.GET("/notes/:id", func(c *gin.Context) {
		switch c.Param("id") {
		case "1":
			ginauth.Abort(c, ginauth.NotFound().WithDetail("Note 1 was archived."))
		case "2":
			ginauth.Abort(c, models.ErrNotFound) // a refusal of another package
		default:
			ginauth.Abort(c, errors.New("disk full")) // a failure: logged, not sent
		}
	})

	for _, path := range []string{"/notes/1", "/notes/2", "/notes/3"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 404 {"detail":"Note 1 was archived."}
	// 404 {"detail":"Not found."}
	// 500 {"detail":"A server error occurred."}
}

// An Error keeps apart what the client is told and what is logged.
func ExampleError() {
	e := ginauth.PermissionDenied().
		WithDetail("Your plan has no exports.").
		WithCode("plan").
		Because(errors.New("plan free of tenant 7"))
	fmt.Println(e.Detail)
	fmt.Println(e)
	// Output:
	// Your plan has no exports.
	// 403 plan: plan free of tenant 7
}

// Errors of fields are answered as they are.
func ExampleValidationError() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.POST("/notes", func(c *gin.Context) {
		ginauth.Abort(c, ginauth.ValidationError(map[string][]string{"title": {"This field is required."}}))
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", "/notes", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 400 {"title":["This field is required."]}
}

// Refusals can be RFC 9457 problems.
func ExampleRenderProblem() {
	r := gin.New()
	ginauth.New(r, ginauth.ErrorRenderer(ginauth.RenderProblem),
		ginauth.PermissionClasses(policies.Deny(policies.ReadOnly, "Notes are final.", "read_only")))
	r.POST("/notes", func(c *gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", "/notes", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(w.Body)
	// Output:
	// 403 application/problem+json
	// {"title":"Forbidden","status":403,"detail":"Notes are final.","code":"read_only"}
}

// An ErrorRenderer of the application's own writes the body; the status and the
// headers are set.
func ExampleErrorRenderer() {
	r := gin.New()
	ginauth.New(r,
		ginauth.PermissionClasses(policies.ReadOnly),
		ginauth.ErrorRenderer(func(c *gin.Context, e *ginauth.Error) {
			c.JSON(e.Status, gin.H{"error": e.Code})
		}))
	r.POST("/notes", func(c *gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", "/notes", nil))
	fmt.Println(w.Body)
	// Output: {"error":"permission_denied"}
}

// Refusals are logged at level Debug, failures at level Error.
func ExampleLogger() {
	some := func(_ []string, a slog.Attr) slog.Attr {
		if slices.Contains([]string{"level", "msg", "subject", "class"}, a.Key) {
			return a
		}
		return slog.Attr{}
	}
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: some}))
	r := gin.New()
	ginauth.New(r, ginauth.Logger(log), ginauth.PermissionClasses(policies.ReadOnly))
	r.POST("/notes", func(c *gin.Context) {})

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/notes", nil))
	// Output: level=DEBUG msg="request refused" subject=anonymous class=ReadOnly
}

// The user of unauthenticated requests can be nil, or of a type of the
// application.
func ExampleUnauthenticatedUser() {
	r := gin.New()
	ginauth.New(r, ginauth.UnauthenticatedUser(nil, nil), ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Body)
	// Output: <nil>
}
