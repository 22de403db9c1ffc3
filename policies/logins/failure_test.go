package logins_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies/logins"
)

// broken is a store with steps that can fail.
type broken struct {
	logins.Store
	reserve, settle error
	settled         error // the error of the context
}

func (b *broken) Reserve(ctx context.Context, a loginstore.Attempt, c loginstore.Curve) (loginstore.Reservation, error) {
	if b.reserve != nil {
		return loginstore.Reservation{}, b.reserve
	}
	return b.Store.Reserve(ctx, a, c)
}

func (b *broken) Settle(ctx context.Context, r loginstore.Reservation, o loginstore.Outcome, c loginstore.Curve) error {
	if b.settle != nil {
		return b.settle
	}
	b.settled = ctx.Err()
	return b.Store.Settle(ctx, r, o, c)
}

// TestAStoreThatFails checks that by default no client is let in, and that
// passwords are tested with FailOpen; either way it is a failure on our side.
func TestAStoreThatFails(t *testing.T) {
	down := errors.New("no route to the store")
	for _, row := range []struct {
		reserve, settle error
		failOpen        bool
		right, wrong    string
		failed          string // reported for each of the two
	}{
		{reserve: down, right: "503 after 5", wrong: "503 after 5"},
		{reserve: down, failOpen: true, right: "200", wrong: "401", failed: "logins.Limits tested_uncounted: no route to the store"},
		{settle: down, right: "200", wrong: "401", failed: "logins.Limits outcome_uncounted: no route to the store"},
	} {
		w := newWorld(t, func(l *logins.Limits) {
			l.Store, l.FailOpen = &broken{Store: l.Store, reserve: row.reserve, settle: row.settle}, row.failOpen
		})
		w.expect(row.right, away, "alice", "porridge")
		w.expect(row.wrong, away, "alice", "hexagone")
		var want []string
		if row.failed != "" {
			want = []string{row.failed, row.failed}
		}
		if !slices.Equal(w.failed, want) {
			t.Errorf("%+v: reported %q", row, w.failed)
		}
	}
}

// TestWhoHasGoneAwayIsNotLetIn checks that a client that has gone away is not
// let in uncounted, or breaking off at the right moment would bypass the
// limits.
func TestWhoHasGoneAwayIsNotLetIn(t *testing.T) {
	w := newWorld(t, func(l *logins.Limits) { l.Store, l.FailOpen = &broken{reserve: context.Canceled}, true })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := logIn(ctx, w.engine, away, "alice", "porridge"); got != "503 after 5" || len(w.failed) > 0 {
		t.Errorf("%s, %q", got, w.failed)
	}
}

// TestUnsettledCountsAsFailed checks that an outcome that did not reach the
// store costs an attempt, two minutes later.
func TestUnsettledCountsAsFailed(t *testing.T) {
	store := &broken{settle: errors.New("down")}
	w := newWorld(t, func(l *logins.Limits) { store.Store, l.Store, l.FailOpen = l.Store, store, true })
	for range 5 {
		w.expect("401", away, "alice", "wrong")
	}
	w.expect("503 after 1", away, "alice", "porridge") // neither refused for others, nor uncounted
	store.settle = nil
	w.now = w.now.Add(2*time.Minute + time.Second)
	w.expect("401", away, "alice", "wrong")
	w.expect("429 after 2", away, "alice", "porridge")
}

// leaving is a hasher whose client goes away while it is at work.
type leaving struct {
	password.PBKDF2SHA256
	leave func()
}

func (l leaving) Encode(string) (string, error) {
	l.leave()
	return "", nil
}

// TestWhoGoesAwayIsCounted checks that an attempt counts although its client
// goes away.
func TestWhoGoesAwayIsCounted(t *testing.T) {
	db := logintest.Migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	ctx, cancel := context.WithCancel(t.Context())
	store := &broken{Store: logins.NewMemoryStore(), settled: errors.New("never")}
	err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{leaving{leave: cancel}}}), db.Use(logins.Limits{Store: store}))
	if err != nil {
		t.Fatal(err)
	}
	logIn(ctx, site(db), away, "nobody", "wrong")
	if ctx.Err() == nil || store.settled != nil {
		t.Errorf("%v, %v", ctx.Err(), store.settled)
	}
}

// panicking is a hasher with a fault.
type panicking struct{ password.PBKDF2SHA256 }

func (panicking) Encode(string) (string, error) { panic("fault") }

// TestAPanicCountsAsFailed checks an attempt that ends in a panic.
func TestAPanicCountsAsFailed(t *testing.T) {
	db := logintest.Migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	store := logins.NewMemoryStore()
	if err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{panicking{}}}), db.Use(logins.Limits{Store: store})); err != nil {
		t.Fatal(err)
	}
	engine := site(db)
	func() {
		defer func() { _ = recover() }()
		logIn(t.Context(), engine, away, "nobody", "wrong")
	}()
	nobody := loginstore.AccountOf("nobody")
	for c, err := range store.Counters(t.Context(), loginstore.Filter{Account: &nobody}) {
		if err != nil || c.Failed != 1 || c.Pending != 0 {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

// TestAFailureOfOursCostsNothing checks that users do not have to wait for an
// outage of the database once it is over.
func TestAFailureOfOursCostsNothing(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.db.Exec("ALTER TABLE auth_user RENAME TO gone").Error; err != nil {
		t.Fatal(err)
	}
	for range 10 {
		w.expect("503 after 5", away, "alice", "porridge")
	}
	if err := w.db.Exec("ALTER TABLE gone RENAME TO auth_user").Error; err != nil {
		t.Fatal(err)
	}
	for range 5 {
		w.expect("401", away, "alice", "wrong")
	}
	w.expect("429 after 1", away, "alice", "wrong")
}

// counting counts the hashes that are computed.
type counting struct {
	password.PBKDF2SHA256
	n *atomic.Int64
}

func (c counting) Encode(password string) (string, error) {
	c.n.Add(1)
	return c.PBKDF2SHA256.Encode(password)
}

// TestARefusalCostsNoHash checks that refused clients keep no processor busy.
func TestARefusalCostsNoHash(t *testing.T) {
	db := logintest.Migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	var n atomic.Int64
	if err := db.Use(models.Passwords{Hashers: password.Hashers{counting{password.PBKDF2SHA256{Iterations: 1}, &n}}}); err != nil {
		t.Fatal(err)
	}
	engine := site(db)
	for range 50 {
		logIn(t.Context(), engine, away, "nobody", "wrong")
	}
	if n.Load() != 5 {
		t.Errorf("%d hashes", n.Load())
	}
}

// TestTheCallersRollback checks that a rollback of the caller's transaction
// does not undo the count of a failed login.
func TestTheCallersRollback(t *testing.T) {
	undo := errors.New("undo")
	try := func(t *testing.T, db *gorm.DB, store func(db *gorm.DB) logins.Store) logins.Store {
		s := store(db)
		prepare(t, db, logins.Limits{Store: s})
		err := db.Transaction(func(tx *gorm.DB) error {
			users, err := models.UsersOf(tx)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
			c.Request.RemoteAddr = "10.0.0.1:1"
			if _, err := logins.Of(users).Authenticate(c, login.Credentials{Username: "alice", Password: "wrong"}); !errors.Is(err, models.ErrBadCredentials) {
				t.Error(err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Error(err)
		}
		return s
	}
	expectOne := func(t *testing.T, s logins.Store) {
		n, alice := 0, logintest.From("alice", 1)
		for c, err := range s.Counters(t.Context(), loginstore.Filter{Account: &alice.Account}) {
			if err != nil || c.Failed != 1 {
				t.Errorf("%+v, %v", c, err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d counters", n)
		}
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		expectOne(t, try(t, db, func(*gorm.DB) logins.Store { return logins.NewMemoryStore() }))
	})
	t.Run("in the database", func(t *testing.T) {
		expectOne(t, try(t, dbtest.Open(t, dbtest.Postgres(t)), func(db *gorm.DB) logins.Store { return logins.NewDatabaseStore(db) }))
	})
	t.Run("in a database of its own", func(t *testing.T) { // as SQLite needs it
		own := logintest.Migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
		expectOne(t, try(t, dbtest.Open(t, dbtest.SQLite(t)), func(*gorm.DB) logins.Store { return logins.NewDatabaseStore(own) }))
	})
}

// TestATransactionThatWaitsForItself checks that on SQLite a login in a
// transaction that writes fails, because it cannot be counted in the same file.
func TestATransactionThatWaitsForItself(t *testing.T) {
	db := dbtest.Open(t, "file:"+dbtest.SQLite(t)+"?_busy_timeout=50")
	prepare(t, db, logins.Limits{Store: logins.NewDatabaseStore(db)})
	err := db.Transaction(func(tx *gorm.DB) error {
		users, err := models.UsersOf(tx)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		result, err := logins.Of(users).Authenticate(c, login.Credentials{Username: "alice", Password: "porridge"})
		if result.User != nil || err == nil || !strings.HasPrefix(err.Error(), "503 ") {
			t.Errorf("%v, %v", result, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAnOverloadIsNoFailure checks that passwords are not tested uncounted
// because clients ask the store for more than it can answer, even with
// FailOpen.
func TestAnOverloadIsNoFailure(t *testing.T) {
	db, wire := dbtest.WithOutage(t, dbtest.SQLite(t))
	prepare(t, db, logins.Limits{Store: logins.NewDatabaseStore(db), FailOpen: true})
	engine := site(db)
	wire.Before(func(statement string) {
		if strings.Contains(statement, "ginauth_login_failure") {
			time.Sleep(300 * time.Millisecond)
		}
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for n := range 60 {
		wg.Go(func() {
			status := logIn(t.Context(), engine, fmt.Sprint("10.0.0.", n), fmt.Sprint("user", n), "guess")
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	wg.Wait()
	if got["401"] > 20 || got["503 after 1"] != 60-got["401"] {
		t.Errorf("%v: some were tested uncounted", got)
	}
}
