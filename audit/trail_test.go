package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// silent discards what a trail logs.
var silent = slog.New(slog.DiscardHandler)

// end closes a trail, which must have written all.
func end(t *testing.T, trail *audit.Trail) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := trail.Close(ctx); err != nil {
		t.Error(err)
	}
}

// entries returns what is in the table.
func entries(t *testing.T, db *gorm.DB, filter audit.Filter) (all []audit.Entry) {
	t.Helper()
	for entry, err := range audit.List(t.Context(), db, filter) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

// filled returns an event whose fields are all set.
func filled(t *testing.T) ginauth.Event {
	e := ginauth.Event{Time: time.Now().UTC().Truncate(time.Microsecond), Client: netip.MustParseAddr("2001:db8::7"), Status: 418, Duration: 1}
	for i, fields := 0, reflect.ValueOf(&e).Elem(); i < fields.NumField(); i++ {
		if field := fields.Field(i); field.Kind() == reflect.String {
			field.SetString("a " + fields.Type().Field(i).Name)
		} else if field.IsZero() {
			t.Errorf("set the field %s in this test", fields.Type().Field(i).Name)
		}
	}
	e.Kind = ginauth.LoginFailed
	return e
}

// TestFields checks that every field but the duration is read as it was told,
// and that texts are made such as every database can store.
func TestFields(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		trail := audit.New(db)
		hostile := ginauth.Event{Kind: ginauth.LoginFailed, Subject: "a\x00b\xffc", Method: strings.Repeat("é", 1<<20), Cause: "'); DROP TABLE ginauth_audit; --"}
		told := []ginauth.Event{filled(t), hostile, {Kind: ginauth.CredentialReused}}
		for _, e := range told {
			trail.Observe(t.Context(), e)
		}
		end(t, trail)
		told[0].Duration = 0
		told[1].Subject, told[1].Method = "a\uFFFDb\uFFFDc", strings.Repeat("é", 127)
		for i, entry := range entries(t, db, audit.Filter{}) {
			if i > 0 && time.Since(entry.Time).Abs() < time.Hour {
				entry.Time = time.Time{} // that of the call
			}
			if entry.Event != told[i] || len(entry.ID) != 36 {
				t.Errorf("%+v\nwant\n%+v", entry, told[i])
			}
		}
	})
}

// TestKinds checks which kinds are written.
func TestKinds(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		usual, chosen := audit.New(db), audit.New(db, audit.Config{Kinds: []ginauth.EventKind{ginauth.RequestPassed, ginauth.RequestRefused}})
		if usual.ObservesPasses() || !chosen.ObservesPasses() {
			t.Error("only one of the trails is told of requests that pass")
		}
		for kind, want := range map[ginauth.EventKind]string{
			ginauth.RequestRefused: "chosen", ginauth.RequestThrottled: "", ginauth.RequestFailed: "", ginauth.RequestCanceled: "",
			ginauth.RequestPassed: "chosen", ginauth.LoginSucceeded: "usual", ginauth.LoginFailed: "usual", ginauth.LoginHeld: "",
			ginauth.CredentialIssued: "usual", ginauth.CredentialRotated: "usual", ginauth.CredentialRevoked: "usual",
			ginauth.CredentialReused: "usual", ginauth.StoreFailed: "", "own": "",
		} {
			usual.Observe(t.Context(), ginauth.Event{Kind: kind, Subject: "usual", Owner: want})
			chosen.Observe(t.Context(), ginauth.Event{Kind: kind, Subject: "chosen", Owner: want})
		}
		end(t, usual)
		end(t, chosen)
		all := entries(t, db, audit.Filter{})
		for _, entry := range all {
			if entry.Subject != entry.Owner {
				t.Errorf("%s is in the trail %s", entry.Kind, entry.Subject)
			}
		}
		if len(all) != 8 {
			t.Errorf("%d rows", len(all))
		}
	})
}

// TestAtOnce checks that events of many requests are all written, once.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		trail := audit.New(db)
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				for j := range 20 {
					trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Subject: fmt.Sprint(i, " ", j)})
				}
			})
		}
		group.Wait()
		end(t, trail)
		seen, before := map[string]bool{}, time.Time{}
		for _, entry := range entries(t, db, audit.Filter{}) {
			if entry.Time.Before(before.Truncate(time.Millisecond)) {
				t.Errorf("%v after %v", entry.Time, before)
			}
			seen[entry.Subject], before = true, entry.Time
		}
		if n := len(entries(t, db, audit.Filter{})); n != 2000 || len(seen) != n {
			t.Errorf("%d rows, %d different ones", n, len(seen))
		}
	})
}

// counter counts the events of a kind.
type counter struct {
	mu   sync.Mutex
	kind ginauth.EventKind
	all  []ginauth.Event
}

func (c *counter) Observe(_ context.Context, e ginauth.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Kind == c.kind {
		c.all = append(c.all, e)
	}
}

// serve returns an application with a route that emits an event.
func serve(trail *audit.Trail, more ...ginauth.Observer) *gin.Engine {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Observers(trail, more...), ginauth.Logger(silent))
	auth.With(engine, ginauth.PermissionClasses(anyone{})).POST("/login", func(c *gin.Context) {
		ginauth.Emit(c, ginauth.Event{Kind: ginauth.LoginSucceeded, Subject: c.Query("name")})
		c.Status(http.StatusNoContent)
	})
	return engine
}

type anyone struct{}

func (anyone) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

func login(t *testing.T, engine *gin.Engine, name string) {
	t.Helper()
	w := httptest.NewRecorder()
	if engine.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/login?name="+name, nil)); w.Code != http.StatusNoContent {
		t.Errorf("%s: %d", name, w.Code)
	}
}

// TestDatabaseGone checks that requests are answered as ever while the database
// is gone, that events wait for it, and that those that cannot are counted.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		modeltest.Migrate(t, db)
		var log logged
		const waiting = 10
		trail := audit.New(db, audit.Config{MaxWaiting: waiting, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		lost := &counter{kind: ginauth.StoreFailed}
		engine := serve(trail, lost)
		wire.Fail("ginauth_audit")
		login(t, engine, "first")
		log.await(t, "the audit trail cannot be written; events wait")
		const logins = 100
		for i := range logins {
			login(t, engine, fmt.Sprint("user-", i))
		}
		wire.Fail("")
		log.await(t, "the audit trail is written again")
		login(t, engine, "last")
		end(t, trail)
		var kept, missing int
		for _, entry := range entries(t, db, audit.Filter{}) {
			if entry.Kind == audit.EventsLost {
				var n int
				fmt.Sscanf(entry.Cause, "%d events", &n)
				missing += n
			} else {
				kept++
			}
		}
		if n := len(lost.all); kept+n != logins+2 || missing != n || n < logins-2*waiting {
			t.Errorf("%d events are kept, %d counted as lost, %d missing in the trail", kept, n, missing)
		}
		if e := lost.all[0]; e.Class != "audit.Trail" || e.Code != "event_lost" || e.Route != "/login" || !strings.Contains(e.Cause, "an event is lost") {
			t.Errorf("%+v", e)
		}
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed}) // closed: lost, but no panic
	})
}

// TestSlowDatabase checks that a database which is too slow for many rows at
// once gets them in parts.
func TestSlowDatabase(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		modeltest.Migrate(t, db)
		var log logged
		trail := audit.New(db, audit.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for i := range 150 {
			trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Subject: fmt.Sprint(i)})
		}
		wire.Fail("ginauth_audit")
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed})
		log.await(t, "cannot be written")
		wire.Fail("")
		end(t, trail)
		if n := len(entries(t, db, audit.Filter{})); n != 151 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestUnanswered checks that an event is written once if the database does not
// say whether it has been.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		modeltest.Migrate(t, db)
		var log logged
		trail := audit.New(db, audit.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		wire.Begin(0, true)
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed})
		log.await(t, "cannot be written")
		if !wire.End() {
			t.Error("there was no outage")
		}
		end(t, trail)
		if n := len(entries(t, db, audit.Filter{})); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestFrozen checks that neither a request nor the end of the program waits for
// a database that hangs.
func TestFrozen(t *testing.T) {
	t.Parallel()
	url, frozen := dbtest.WithFreeze(t, dbtest.Postgres(t))
	db := dbtest.Open(t, url)
	modeltest.Migrate(t, db)
	trail := audit.New(db, audit.Config{Logger: silent})
	engine := serve(trail)
	frozen.Freeze()
	const logins = 700
	for i := range logins {
		login(t, engine, fmt.Sprint("user-", i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := trail.Close(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), fmt.Sprint(logins, " events are lost")) {
		t.Error(err)
	}
	frozen.Thaw()
}

// TestNew checks what New refuses.
func TestNew(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	tx := db.Begin()
	defer tx.Rollback()
	for want, call := range map[string]func(){
		"audit: New: the database is nil": func() { audit.New(nil) },
		"audit: New: the database is a transaction; pass the one that gorm.Open has returned": func() { audit.New(tx) },
		"audit: New: MaxWaiting must not be negative; 0 stands for 10,000":                    func() { audit.New(db, audit.Config{MaxWaiting: -1}) },
		"audit: New takes one config": func() { audit.New(db, audit.Config{}, audit.Config{}) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%v, want %s", got, want)
				}
			}()
			call()
		}()
	}
}

// TestCheck checks that a missing table is a finding.
func TestCheck(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		trail := audit.New(db, audit.Config{Logger: silent})
		defer end(t, trail)
		auth := ginauth.New(gin.New(), ginauth.Observers(trail), ginauth.Logger(silent))
		if findings := auth.Check(); len(findings) != 1 || !strings.Contains(fmt.Sprint(findings), "ginauth_audit") {
			t.Error(findings)
		}
		for _, err := range audit.List(t.Context(), db, audit.Filter{}) {
			if err == nil || !strings.Contains(err.Error(), "ginauth_audit") {
				t.Error(err)
			}
		}
		modeltest.Migrate(t, db)
		if findings := auth.Check(); len(findings) > 0 {
			t.Error(findings)
		}
	})
}

// logged is a log that a test waits for.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) await(t *testing.T, text string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		found := strings.Contains(l.text.String(), text)
		l.mu.Unlock()
		if found {
			return
		}
	}
	t.Fatalf("not logged: %s", text)
}
