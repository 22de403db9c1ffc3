package policies_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/pgpair"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
)

const maxLag = time.Second

// replicated is an application on a pair of servers, and the same database as
// another process has it, without a replica.
type replicated struct {
	*sitetest.Site
	t         *testing.T
	pair      *pgpair.Pair
	frozen    *dbtest.Frozen // between the application and the replica
	replica   *lookUps
	elsewhere *gorm.DB
}

// lookUps counts the queries for users that reach a pool.
type lookUps struct {
	gorm.ConnPool
	n atomic.Int64
}

func (l *lookUps) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if strings.Contains(query, "auth_user") {
		l.n.Add(1)
	}
	return l.ConnPool.QueryContext(ctx, query, args...)
}

func serveReplicated(t *testing.T) *replicated {
	pair := pgpair.Start(t)
	url, frozen := dbtest.WithFreeze(t, pair.Replica.URL())
	replica := dbtest.Open(t, url).WithContext(t.Context())
	asked := &lookUps{ConnPool: replica.Statement.ConnPool}
	replica.Statement.ConnPool = asked
	db := dbtest.Open(t, pair.URL())
	people.Create(t, db, models.Replica{DB: replica, MaxLag: maxLag}, models.Scopes{})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Token(db), policies.Basic(db)))
	s.Engine.Match([]string{http.MethodGet, http.MethodPost}, "/me", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.InGroup("editors"))).GET("/editors", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.InGroup("crew"))).GET("/writers", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		if in, err := user.InGroup(c.Request.Context(), "writers"); err != nil || !in {
			c.String(http.StatusForbidden, "%v", err)
		}
	})
	return &replicated{s, t, pair, frozen, asked, dbtest.Open(t, pair.Primary.URL())}
}

// status returns the status of an answer, and whether the replica was asked
// about the request.
func (r *replicated) status(path string, as sitetest.As) (status string, late bool) {
	before := r.replica.n.Load()
	status = strings.Fields(r.Get(path, as))[0]
	return status, r.replica.n.Load() > before
}

// within repeats a request until its status is want, and returns how long that
// took. Any status between that is not allowed fails the test.
func (r *replicated) within(limit time.Duration, path string, as sitetest.As, want, allowed string) time.Duration {
	r.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		got, _ := r.status(path, as)
		took := time.Since(began)
		switch {
		case got == want:
			return took
		case got != allowed || took > limit:
			r.t.Fatalf("GET %s is %s after %v, want %s within %v", path, got, took, want, limit)
		}
	}
}

// current waits until the replica answers.
func (r *replicated) current(as sitetest.As) {
	r.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if status, late := r.status("/me", as); status != "200" {
			r.t.Fatal(status)
		} else if late {
			return
		}
		if time.Since(began) > 20*time.Second {
			r.t.Fatal("the replica is not asked")
		}
	}
}

func (r *replicated) revoke(db *gorm.DB, name string) {
	r.t.Helper()
	users, err := models.UsersOf(db)
	if err == nil {
		err = users.RevokeAll(r.t.Context(), people.Named(r.t, db, name))
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestReplica checks what a replica may answer, and for how long.
func TestReplica(t *testing.T) {
	r := serveReplicated(t)
	alice, bob := sitetest.Bearer(r.AccessToken("alice", models.AllScopes)), sitetest.Bearer(r.AccessToken("bob", models.AllScopes))
	staff := sitetest.Token(r.TokenKey("staff"))
	people.Join(t, r.elsewhere, "staff", "crew")
	for _, as := range []sitetest.As{alice, bob, staff} {
		r.current(as)
	}

	r.pair.Replica.Pause(t)
	people.Join(t, r.elsewhere, "alice", "editors")
	other := sitetest.Bearer(tokenElsewhere(t, r.elsewhere, "root"))
	for _, row := range []struct {
		what, path string
		as         sitetest.As
		want       string
	}{
		{"a token that is new", "/me", other, "200"},
		{"a group that is new", "/editors", alice, "200"},
		{"a token that nobody has", "/me", sitetest.Token(strings.Repeat("0", 40)), "401"},
		{"a group without the user", "/editors", bob, "403"},
		{"a login", "/me", sitetest.Basic("alice"), "200"},
	} {
		if got, _ := r.status(row.path, row.as); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}

	// A handler that asks for itself gets no answer that only the replica gave.
	people.Join(t, r.elsewhere, "staff", "writers")
	if got, late := r.status("/writers", staff); got != "200" || !late {
		t.Error("a group that is new, for a handler:", got, late)
	}

	r.pair.Replica.Resume(t)
	r.current(alice)
	r.pair.Replica.Pause(t)
	r.revoke(r.elsewhere, "alice")
	if got := r.Do(http.MethodPost, "/me", alice, "").Code; got != http.StatusUnauthorized {
		t.Error("revoked elsewhere, and not a safe method:", got)
	}
	t.Logf("revoked elsewhere: refused after %v", r.within(maxLag+5*time.Second, "/me", alice, "401", "200"))

	r.pair.Replica.Resume(t)
	r.current(bob)
	r.pair.Replica.Pause(t)
	r.revoke(r.DB, "bob")
	if got, _ := r.status("/me", bob); got != "401" {
		t.Error("revoked by this process:", got)
	}

	r.pair.Replica.Resume(t)
	for _, row := range []struct {
		what       string
		begin, end func()
	}{
		{"frozen", r.frozen.Freeze, r.frozen.Thaw},
		{"stopped", r.pair.Replica.Stop, func() {}},
	} {
		r.current(staff)
		row.begin()
		began := time.Now()
		for range 20 {
			if got, _ := r.status("/me", staff); got != "200" {
				t.Errorf("the replica is %s: %s", row.what, got)
			}
		}
		took := time.Since(began)
		if row.end(); took > 8*time.Second { // each would wait half a second
			t.Errorf("the replica is %s: 20 requests took %v", row.what, took)
		}
		t.Logf("the replica is %s: 20 requests took %v", row.what, took.Round(time.Millisecond))
	}
}

func tokenElsewhere(t *testing.T, db *gorm.DB, name string) string {
	t.Helper()
	tokens, err := accesstoken.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	draft := accesstoken.Draft{Name: "new", Scopes: []string{models.AllScopes}, Expiry: accesstoken.NeverExpires}
	_, secret, err := tokens.Create(t.Context(), people.Named(t, db, name), draft)
	if err != nil {
		t.Fatal(err)
	}
	return string(secret)
}

// announcements is a channel between the servers of a test.
type announcements struct{ heard chan func(string) }

func (a announcements) Listen(ctx context.Context, joined func(), heard func(string)) error {
	joined()
	a.heard <- heard
	<-ctx.Done()
	return ctx.Err()
}

// TestCachedFromAReplica checks that the answer of a replica which lacks a
// revocation is not cached after the revocation was announced.
func TestCachedFromAReplica(t *testing.T) {
	r := serveReplicated(t)
	channel := announcements{make(chan func(string), 1)}
	listener := authcache.NewListener(channel)
	defer listener.Close()
	hear := <-channel.heard
	cached := authcache.New(policies.AccessToken(r.DB), authcache.Config{MaxStaleness: time.Hour, Listener: listener})
	r.Auth.With(r.Engine, ginauth.AuthenticationClasses(cached)).GET("/cached", sitetest.Me)
	old := 0
	for _, name := range []string{"alice", "bob", "staff", "root"} {
		as := sitetest.Bearer(r.AccessToken(name, models.AllScopes))
		r.current(as)
		r.pair.Replica.Pause(t)
		r.revoke(r.elsewhere, name)
		hear(announcement.Of(announcement.User(fmt.Sprint(people.Named(t, r.DB, name).ID))))
		if got, late := r.status("/cached", as); got == "200" && late {
			old++
		}
		r.within(maxLag+5*time.Second, "/cached", as, "401", "200")
		r.pair.Replica.Resume(t)
	}
	if old == 0 {
		t.Error("the replica has never answered too late")
	}
}

// TestFailover stops the primary, and promotes its replica a moment later.
func TestFailover(t *testing.T) {
	r := serveReplicated(t)
	alice := sitetest.Bearer(r.AccessToken("alice", models.AllScopes))
	r.current(alice)
	r.pair.Primary.Stop()
	lost := time.Now()
	if got, _ := r.status("/me", sitetest.Basic("alice")); got != "503" {
		t.Error("a login without a primary:", got)
	}
	if took := time.Since(lost); took > 10*time.Second {
		t.Error("it took", took)
	}
	r.within(maxLag+10*time.Second, "/me", alice, "503", "200") // the replica answers for MaxLag
	r.pair.Replica.Promote(t)
	promoted := time.Now()
	r.within(20*time.Second, "/me", alice, "200", "503")
	r.within(20*time.Second, "/me", sitetest.Basic("alice"), "200", "503")
	t.Logf("answers %v after the promotion", time.Since(promoted).Round(10*time.Millisecond))
	r.revoke(r.DB, "alice")
	if got, _ := r.status("/me", alice); got != "401" {
		t.Error("revoked at the new primary:", got)
	}
}
