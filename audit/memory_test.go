package audit_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestWaitingKeepsNoRequest checks that events which wait for the database keep
// neither the bodies of their requests nor the forms parsed from them.
func TestWaitingKeepsNoRequest(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t)) // without the table, so that events wait
	trail := audit.New(db, audit.Config{Logger: silent})
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Observers(trail), ginauth.Logger(silent))
	auth.With(engine, ginauth.PermissionClasses(anyone{})).POST("/login", func(c *gin.Context) {
		ginauth.Emit(c, ginauth.Event{Kind: ginauth.LoginFailed, Subject: c.PostForm("name"), Cause: c.PostForm("why")})
	})
	form := "name=mallory&why=wrong&password=" + strings.Repeat("s", 1<<18)
	const logins = 100
	before := heap()
	for range logins {
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Padding", strings.Repeat("h", 1<<16))
		engine.ServeHTTP(httptest.NewRecorder(), r)
	}
	const most = 16 << 10
	if each := (heap() - before) / logins; each > most {
		t.Errorf("a waiting event keeps %d bytes, more than %d", each, most)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := trail.Close(ctx); err == nil {
		t.Error("the events did not wait")
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools keep for one more
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
