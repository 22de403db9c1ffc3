package jwt_test

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCheckDeploy checks that a long grace is found.
func TestCheckDeploy(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	config := rotating()
	config.RefreshGrace = time.Hour
	config.InsecureLongGrace = true
	if err := jwt.NewAuthenticator(db, config).CheckDeploy(t.Context()); err == nil {
		t.Error("an hour is not found")
	}
	config.RefreshGrace, config.InsecureLongGrace = time.Second, false
	if err := jwt.NewAuthenticator(db, config).CheckDeploy(t.Context()); err != nil {
		t.Error(err)
	}
}
