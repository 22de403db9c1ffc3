package ginauth_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// printer is an observer that prints some fields of what it is told.
type printer struct{}

func (printer) Observe(_ context.Context, e ginauth.Event) {
	fmt.Println(e.Kind, e.Method, e.Route, e.Status, e.Class, e.Credential, e.CredentialID)
}

// Observers count refusals, or keep a trail of them.
func ExampleObservers() {
	r := gin.New()
	ginauth.New(r, ginauth.Observers(printer{}), ginauth.Logger(slog.New(slog.DiscardHandler)),
		ginauth.PermissionClasses(policies.ReadOnly))
	r.POST("/notes/:id", func(c *gin.Context) {})

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/notes/7", nil))
	// Output: request_refused POST /notes/:id 403 ReadOnly
}

// A handler that makes a credential of the application's own says so.
func ExampleEmit() {
	r := gin.New()
	ginauth.New(r, ginauth.Observers(printer{}), ginauth.PermissionClasses(policies.AllowAny))
	r.POST("/invitations", func(c *gin.Context) {
		ginauth.Emit(c, ginauth.Event{Kind: ginauth.CredentialIssued, Credential: "invitation", CredentialID: "17"})
	})

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/invitations", nil))
	// Output: credential_issued POST /invitations 0  invitation 17
}

// The id of a request is that which middleware before the guard, or a trusted
// proxy, has given it.
func ExampleRequestID() {
	r := gin.New()
	_ = r.SetTrustedProxies([]string{"192.0.2.1"})
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/", func(c *gin.Context) { fmt.Println(ginauth.RequestID(c)) })

	request := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
	request.Header.Set("X-Request-ID", "4f1c-77")
	r.ServeHTTP(httptest.NewRecorder(), request)
	// Output: 4f1c-77
}
