package ginauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// withKey is a permission that needs a setting.
type withKey struct{ key string }

func (p withKey) HasPermission(c *gin.Context, _ *ginauth.Identity) (bool, error) {
	return p.key != "" && c.GetHeader("X-Key") == p.key, nil
}

// Preflight says what is wrong with the setting, for Check.
func (p withKey) Preflight(context.Context) error {
	if p.key == "" {
		return errors.New("there is no key, so every request is refused: set NOTES_KEY")
	}
	return nil
}

// String is what the route table and the log show.
func (withKey) String() string { return "WithKey" }

// A class says what is wrong with it.
func ExamplePreflighter() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(withKey{}))
	r.GET("/notes", func(c *gin.Context) {})

	for _, finding := range auth.Check() {
		message, _, _ := strings.Cut(finding.String(), " (declared at")
		fmt.Println(message)
	}
	// Output: GET /notes: WithKey: there is no key, so every request is refused: set NOTES_KEY
}
