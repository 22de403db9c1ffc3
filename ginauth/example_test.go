package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// client is the user of a request with a key.
type client struct{ name string }

func (client) Authenticated() bool { return true }

// byKey identifies clients by the header X-Key.
func byKey(c *gin.Context) (*ginauth.Identity, error) {
	switch c.GetHeader("X-Key") {
	case "":
		return nil, ginauth.ErrNoCredentials
	case "open sesame":
		return &ginauth.Identity{User: client{"ali"}}, nil
	}
	return nil, ginauth.AuthenticationFailed()
}

// Routes are closed unless they declare otherwise.
func Example() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Key", byKey, "Key")))

	r.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[client](c)
		c.String(http.StatusOK, user.name)
	})
	auth.With(r, ginauth.PermissionClasses(policies.AllowAny)).GET("/health", func(c *gin.Context) {
		c.String(http.StatusOK, "up")
	})

	for _, request := range []struct{ path, key string }{
		{"/me", "open sesame"}, {"/me", "wrong"}, {"/me", ""}, {"/health", ""},
	} {
		req := httptest.NewRequest("GET", request.path, nil)
		if request.key != "" {
			req.Header.Set("X-Key", request.key)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(request.path, w.Code, w.Body)
	}
	// Output:
	// /me 200 ali
	// /me 401 {"detail":"Incorrect authentication credentials."}
	// /me 401 {"detail":"Authentication credentials were not provided."}
	// /health 200 up
}
