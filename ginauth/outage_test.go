package ginauth_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// TestAnOutageWritesOneLineASecond sends 1,000 requests a second to a server
// whose database is gone, and counts the lines.
func TestAnOutageWritesOneLineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errorLog, debugLog bytes.Buffer
		for _, level := range []struct {
			level slog.Level
			log   *bytes.Buffer
		}{{slog.LevelError, &errorLog}, {slog.LevelDebug, &debugLog}} {
			engine, auth := newEngine(ginauth.Logger(slog.New(slog.NewTextHandler(level.log, &slog.HandlerOptions{Level: level.level}))))
			auth.With(engine, members).GET("/x", ok)
			auth.With(engine, public).GET("/bug", func(c *gin.Context) { ginauth.Abort(c, errors.New("a bug")) })
			for range 3 * 1000 {
				if w := do(engine, "GET", "/x", "broken"); w.Code != 503 {
					t.Fatal(w.Code, w.Body)
				}
				time.Sleep(time.Millisecond)
			}
			for range 2 { // not an outage
				do(engine, "GET", "/bug", "")
			}
		}
		errorLines := strings.Split(strings.TrimSpace(errorLog.String()), "\n")
		for i, want := range []string{
			`status=503 code=service_unavailable method=GET route=/x subject=anonymous class=ByHeader cause="connection refused"`,
			`class=ByHeader cause="connection refused" failures=1000`,
			`class=ByHeader cause="connection refused" failures=1000`,
			`status=500 code=error method=GET route=/bug subject=anonymous cause="a bug"`,
			`status=500 code=error method=GET route=/bug subject=anonymous cause="a bug"`,
		} {
			if i >= len(errorLines) || !strings.Contains(errorLines[i], want+" client=") {
				t.Fatalf("line %d lacks %s:\n%s", i, want, errorLog.String())
			}
		}
		if len(errorLines) != 5 {
			t.Errorf("%d lines of errors", len(errorLines))
		}
		if n := strings.Count(debugLog.String(), "\n"); n != 3004 { // two are of requests that pass
			t.Errorf("%d lines with those for debugging, want 3004", n)
		}
	})
}
