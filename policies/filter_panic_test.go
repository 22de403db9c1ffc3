package policies_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestAPanicInFilterLeavesTheChainClosed checks a handler that filters in front
// of others: they do not run.
func TestAPanicInFilterLeavesTheChainClosed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		engine := gin.New()
		engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.Status(http.StatusInternalServerError) }))
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.AuthenticationClasses(byName(db)))
		reached := false
		bug := anything(func(*gorm.DB) *gorm.DB { panic("bug") })
		auth.With(engine, ginauth.PermissionClasses(bug), ginauth.NoObject()).GET("/papers",
			func(c *gin.Context) { _, _ = found(policies.Filter(c, db)) },
			func(*gin.Context) { reached = true })
		if got := statuses(engine, "/papers", "clerk", http.MethodGet); got != "500" || reached {
			t.Errorf("%s, the next handler ran: %v", got, reached)
		}
	})
}
