package logins_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies/logins"
)

// heldLogins returns a site whose next refusals of alice's are held for as long
// as any is.
func heldLogins(t *testing.T, db *gorm.DB) (*gin.Engine, *logins.Logins) {
	t.Helper()
	prepare(t, db, logins.Limits{Store: logins.NewDatabaseStore(db)})
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	engine, all := site(db), logins.Of(users)
	for range 5 {
		logIn(t.Context(), engine, away, "alice", "wrong")
	}
	all.Press()
	return engine, all
}

// TestHeldLogins checks that refusals that wait hold no connection, and that a
// client is told to wait for a second although its wait is over.
func TestHeldLogins(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		engine, all := heldLogins(t, db)
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		const clients = 50 // more than the pool has connections
		var group sync.WaitGroup
		for range clients {
			group.Go(func() {
				if got := logIn(t.Context(), engine, away, "alice", "wrong"); got != "429 after 1" {
					t.Error(got)
				}
			})
		}
		for began := time.Now(); all.Held() < clients && time.Since(began) < 3*time.Second; time.Sleep(time.Millisecond) {
		}
		if n := all.Held(); n < clients {
			t.Errorf("%d are held", n)
		}
		if n := pool.Stats().InUse; n > 0 {
			t.Errorf("they hold %d connections", n)
		}
		group.Wait()
	})
}

// TestHeldInATransaction checks that a refusal does not wait while its caller
// holds a connection.
func TestHeldInATransaction(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		_, all := heldLogins(t, db)
		err := db.Transaction(func(tx *gorm.DB) error {
			users, err := models.UsersOf(tx)
			if err != nil {
				return err
			}
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest(http.MethodPost, "/", nil)
			c.Request.RemoteAddr = away + ":1"
			began := time.Now()
			_, err = logins.Of(users).Authenticate(c, login.Credentials{Username: "alice", Password: "wrong"})
			if refusal, ok := errors.AsType[*ginauth.Error](err); !ok || refusal.Status != http.StatusTooManyRequests || refusal.Wait != time.Second {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took > 3*time.Second || all.Held() > 0 {
				t.Errorf("it took %v", took)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
