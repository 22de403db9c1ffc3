package authcache_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/policies/authcache"
)

// wire is a channel that a test speaks on.
type wire struct {
	joined func()
	heard  func(message string)
	begun  chan struct{} // has a value when Listen has been called
	cut    chan error
}

func newWire() *wire { return &wire{begun: make(chan struct{}, 1), cut: make(chan error)} }

func (w *wire) Listen(ctx context.Context, joined func(), heard func(message string)) error {
	w.joined, w.heard = joined, heard
	w.begun <- struct{}{}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-w.cut:
		return err
	}
}

// named is a class whose credentials are announced under their own text.
type named struct{ ending }

func (n *named) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	_, _ = n.ending.Authenticate(c)
	return &ginauth.Identity{User: &person{c.GetHeader("Authorization")}}, nil
}

func (*named) AnnouncedAs(id *ginauth.Identity) []string {
	return []string{id.Subject(), "all of these"}
}

// asked makes a request and reports whether the class was asked.
func asked(t *testing.T, cache *authcache.Authenticator, class *ending, credential string) bool {
	t.Helper()
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	c.Request.Header.Set("Authorization", credential)
	before := class.asked.Load()
	if _, err := cache.Authenticate(c); err != nil {
		t.Fatal(err)
	}
	return class.asked.Load() > before
}

// TestAnnouncements checks which of the cached credentials an announcement
// drops, from any sender, and that none can add one.
func TestAnnouncements(t *testing.T) {
	w := newWire()
	listener := authcache.NewListener(w)
	defer listener.Close()
	<-w.begun
	class, unnamed := new(named), new(ending)
	config := authcache.Config{MaxStaleness: time.Hour, Listener: listener}
	cache, other := authcache.New(class, config), authcache.New(unnamed, config)
	for _, row := range []struct {
		name                string
		say                 func()
		alice, bob, unnamed bool // dropped
	}{
		{"nothing", func() {}, false, false, false},
		{"alice", func() { w.heard(announcement.Of("alice")) }, true, false, true},
		{"bob", func() { w.heard(announcement.Of("bob")) }, false, true, true},
		{"both", func() { w.heard(announcement.Of("bob", "alice")) }, true, true, true},
		{"another name of both", func() { w.heard(announcement.Of("all of these")) }, true, true, true},
		{"neither", func() { w.heard(announcement.Of("carol")) }, false, false, true},
		{"everything", func() { w.heard(announcement.Everything) }, true, true, true},
		{"nothing that can be read", func() { w.heard("alice") }, true, true, true},
		{"nothing at all", func() { w.heard("") }, true, true, true},
		{"too much", func() { w.heard(strings.Repeat("1 ", 1<<20)) }, true, true, true},
		{"the channel is joined", func() { w.joined() }, true, true, true},
	} {
		row.say()
		for range 2 { // the second time it is cached again
			alice, bob, dropped := asked(t, cache, &class.ending, "alice"), asked(t, cache, &class.ending, "bob"), asked(t, other, unnamed, "x")
			if row.name == "nothing" && class.asked.Load() == 2 {
				continue // the first requests of all
			}
			if alice != row.alice || bob != row.bob || dropped != row.unnamed {
				t.Errorf("%s: dropped alice %v, bob %v, one without names %v", row.name, alice, bob, dropped)
			}
			row.alice, row.bob, row.unnamed = false, false, false
		}
	}
}

// TestAnAnnouncementWhileARequestRuns checks that an answer that is older than
// an announcement is not cached, and one about another user is.
func TestAnAnnouncementWhileARequestRuns(t *testing.T) {
	w := newWire()
	listener := authcache.NewListener(w)
	defer listener.Close()
	<-w.begun
	for about, again := range map[string]bool{"alice": true, "carol": false} {
		class := new(named)
		cache := authcache.New(class, authcache.Config{MaxStaleness: time.Hour, Listener: listener})
		class.meanwhile = func() { w.heard(announcement.Of(about)) }
		asked(t, cache, &class.ending, "alice")
		class.meanwhile = nil
		if got := asked(t, cache, &class.ending, "alice"); got != again {
			t.Errorf("%s: asked again %v, want %v", about, got, again)
		}
	}
}

// TestAnnouncementsAtOnce is for the race detector.
func TestAnnouncementsAtOnce(t *testing.T) {
	w := newWire()
	listener := authcache.NewListener(w)
	defer listener.Close()
	<-w.begun
	class := new(named)
	cache := authcache.New(class, authcache.Config{MaxStaleness: time.Hour, Listener: listener})
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for range 100 {
				if n%2 == 0 {
					w.heard(announcement.Of("alice"))
				}
				asked(t, cache, &class.ending, "alice")
			}
		})
	}
	wg.Wait()
	w.heard(announcement.Of("alice"))
	if !asked(t, cache, &class.ending, "alice") {
		t.Error("the last announcement was not heard")
	}
}

// logTo makes the default logger write to the buffer during a test.
func logTo(t *testing.T, b *bytes.Buffer) {
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(b, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
}

// TestReconnecting checks the waits before a listener joins the channel again,
// and what it logs.
func TestReconnecting(t *testing.T) {
	var log bytes.Buffer
	logTo(t, &log)
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		listener := authcache.NewListener(w)
		<-w.begun
		waits := func(lasted time.Duration) time.Duration {
			time.Sleep(lasted)
			began := time.Now()
			w.cut <- errors.New("dial tcp 10.0.0.7:5432: connect: connection refused")
			<-w.begun
			return time.Since(began)
		}
		for n, most := range []time.Duration{100, 200, 400, 800, 1600, 3200, 5000, 5000} {
			if wait, most := waits(0), most*time.Millisecond; wait < most/2 || wait > most {
				t.Errorf("wait %d is %v, of at most %v", n, wait, most)
			}
		}
		w.joined()
		if wait := waits(time.Minute); wait > 100*time.Millisecond {
			t.Errorf("after a connection that has lasted the wait is %v", wait)
		}
		began := time.Now()
		w.cut <- errors.New("gone")
		synctest.Wait()
		if err := listener.Close(); err != nil || time.Since(began) > 0 {
			t.Errorf("closed while it waits: %v after %v", err, time.Since(began))
		}
	})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "not heard") || !strings.Contains(lines[1], "heard again") || !strings.Contains(lines[2], "not heard") ||
		strings.Contains(log.String(), "10.0.0.7") {
		t.Errorf("logged:\n%s", log.String())
	}
}

func TestClose(t *testing.T) {
	w := newWire()
	listener := authcache.NewListener(w)
	<-w.begun
	for range 2 {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Listen took nil")
		}
	}()
	authcache.NewListener(nil)
}
