package logins_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/policies/logins"
)

// TestWhatALoginCosts counts the statements of a login, including those of the
// store in the database. A right password of a known user costs three, and one
// if another came just before. One of the three writes.
func TestWhatALoginCosts(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		prepare(t, db, logins.Limits{Store: logins.NewDatabaseStore(db), Curve: logins.Curve{FirstWait: 15 * time.Minute}})
		engine := site(db)
		var mu sync.Mutex
		var reads, writes, others, all int
		wire.Before(func(statement string) {
			mu.Lock()
			defer mu.Unlock()
			if !strings.Contains(statement, "sqlite_master") && !strings.Contains(statement, "pg_catalog") {
				all++
			}
			switch {
			case strings.HasPrefix(statement, "SELECT") &&
				strings.Contains(statement, "ginauth_login_failure") && !strings.Contains(statement, "count("):
				reads++
			case strings.HasPrefix(statement, "INSERT INTO \"ginauth_login_failure\""):
				writes++
			case strings.HasPrefix(statement, "BEGIN"), statement == "COMMIT":
				others++
			}
		})
		for _, row := range []struct {
			what, password, want  string
			reads, writes, others int
			all                   int // with that for the user
		}{
			{"the first login from a network", "porridge", "200", 2, 2, 4, 10},
			{"one where the user is known", "porridge", "200", 1, 1, 0, 3},
			{"one more at once", "porridge", "200", 0, 0, 0, 1},
			{"a wrong password, in the place of the right one", "wrong", "401", 1, 1, 0, 3},
			{"another", "wrong", "401", 2, 2, 0, 5},
			{"another", "wrong", "401", 2, 2, 0, 5},
			{"another", "wrong", "401", 2, 2, 0, 5},
			{"another", "wrong", "401", 2, 2, 0, 5},
			{"a refusal", "wrong", "429 after 900", 1, 0, 0, 1},
			{"a refusal of the right one", "porridge", "429 after 900", 1, 0, 0, 1},
		} {
			mu.Lock()
			reads, writes, others, all = 0, 0, 0, 0
			mu.Unlock()
			if got := logIn(t.Context(), engine, home, "alice", row.password); got != row.want {
				t.Errorf("%s: %s", row.what, got)
			}
			mu.Lock()
			if reads != row.reads || writes != row.writes || others != row.others || all != row.all {
				t.Errorf("%s: %d reads, %d writes and %d of transactions, %d in all; want %d, %d, %d, %d",
					row.what, reads, writes, others, all, row.reads, row.writes, row.others, row.all)
			}
			mu.Unlock()
		}
	})
}

// TestRightPasswordsOfTwoServers checks that 200 at once are all let in,
// whatever the two servers know of each other, while attackers guess from
// elsewhere.
func TestRightPasswordsOfTwoServers(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		one, another := dbtest.Open(t, logintest.Careless(url)), dbtest.Open(t, logintest.Careless(url))
		prepare(t, one, logins.Limits{Store: logins.NewDatabaseStore(one)})
		people.Configure(t, another, logins.Limits{Store: logins.NewDatabaseStore(another)})
		servers := []func(from, password string) string{}
		for _, db := range []*gorm.DB{one, another} {
			engine := site(db)
			servers = append(servers, func(from, password string) string { return logIn(t.Context(), engine, from, "alice", password) })
		}
		if got := servers[0](home, "porridge"); got != "200" {
			t.Fatal(got)
		}
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				if got := servers[i%2](home, "porridge"); got != "200" {
					t.Error(got)
				}
			})
			if i%10 == 0 {
				wg.Go(func() { servers[i%2](away, "guess") })
			}
		}
		wg.Wait()
	})
}

// TestLoginsBesideGuesses checks that five guesses are tested, however often a
// user in the same network logs in beside each guess: the user itself, or the
// attacker with a name that looks alike.
func TestLoginsBesideGuesses(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		for name, store := range map[string]func(db *gorm.DB) logins.Store{
			"database": func(db *gorm.DB) logins.Store { return logins.NewDatabaseStore(db) },
			"memory":   func(*gorm.DB) logins.Store { return logins.NewMemoryStore() },
		} {
			db := dbtest.Open(t, logintest.Careless(url))
			prepare(t, db, logins.Limits{Store: store(db), Curve: logins.Curve{FirstWait: 15 * time.Minute}})
			for i, beside := range []string{"alice", "Alice", "ALICE"} {
				engine, from := site(db), "203.0.113."+string(rune('1'+i))
				tested := 0
				for range 40 {
					if got := logIn(t.Context(), engine, from, beside, "porridge"); got != "200" && got != "429 after 900" {
						t.Fatalf("%s, beside %s: %s", name, beside, got)
					}
					if got := logIn(t.Context(), engine, from, "alice", "guess"); got == "401" {
						tested++
					}
				}
				if tested != 5 {
					t.Errorf("%s, beside %s: %d guesses were tested", name, beside, tested)
				}
			}
			for _, table := range []string{"ginauth_login_failure", "auth_user"} {
				if err := db.Exec("DELETE FROM " + table).Error; err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
