package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

// limited returns an application with all ways in and, beside the users of
// package people, the user unusable, who has no password. The clock of its
// store of failed logins does not advance by itself.
func limited(t *testing.T, db *gorm.DB) (site *sitetest.Site, store logins.Store, now *time.Time) {
	t.Helper()
	start := time.Now()
	store = loginstore.NewMemoryStore(0, 0, func() time.Time { return start })
	return limitedBy(t, db, store), store, &start
}

func limitedBy(t *testing.T, db *gorm.DB, store logins.Store) *sitetest.Site {
	t.Helper()
	people.Create(t, db, logins.Limits{Store: store})
	if err := models.CreateUser(t.Context(), db, &models.User{Username: "unusable"}, ""); err != nil {
		t.Fatal(err)
	}
	return allWaysIn(t, db)
}

// from sends a request from an address, and returns the status.
func from(h http.Handler, address string, r *http.Request) string {
	r.RemoteAddr = address + ":1234"
	status, _, _ := strings.Cut(seen(h, r), " ")
	return status
}

// TestEveryWayInCounts checks that all ways in share one counter: guesses used
// up at one are not free at another.
func TestEveryWayInCounts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		site, store, _ := limited(t, db)
		const home = "198.51.100.1"
		if got := from(site, home, waysIn["Basic"]("alice", "alice-pw")); got != "200" {
			t.Fatal(got)
		}
		address := 0
		for way, request := range waysIn {
			// Otherwise the account's own gate would be shut.
			if _, err := store.Reset(t.Context(), loginstore.Filter{}); err != nil {
				t.Fatal(err)
			}
			address++
			client := fmt.Sprintf("203.0.113.%d", address)
			for range 5 {
				if got := from(site, client, request("alice", "wrong")); got != "401" && got != "400" {
					t.Errorf("%s: %s", way, got)
				}
			}
			for other, request := range waysIn {
				if got := from(site, client, request("alice", "alice-pw")); got != "429" {
					t.Errorf("after five guesses with %s, %s: %s", way, other, got)
				}
				if got := from(site, client, request("ALICE", "alice-pw")); got != "429" {
					t.Errorf("after five guesses with %s, %s in upper case: %s", way, other, got)
				}
			}
		}
		for way, request := range waysIn {
			if got := from(site, home, request("alice", "alice-pw")); got != "200" {
				t.Errorf("from where she is known, %s: %s", way, got)
			}
		}
	})
}

// TestRefusalsTellNothing checks that a guessing client sees the same answers,
// byte for byte, whether or not the user exists, and even with the right
// password; and that a refusal says when to try again.
func TestRefusalsTellNothing(t *testing.T) {
	for way, request := range waysIn {
		t.Run(way, func(t *testing.T) {
			db := dbtest.Open(t, dbtest.SQLite(t))
			site, _, now := limited(t, db)
			guess := func(name string, passwords ...string) (answers []string) {
				for i, password := range passwords {
					answers = append(answers, seen(site, request(name, password)))
					if i == 6 {
						*now = now.Add(time.Second)
					}
				}
				// The network's gate must be equally open for the next name.
				*now = now.Add(time.Minute)
				return answers
			}
			wrong := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
			want := guess("alice", wrong...)
			const detail = `{"detail":"Request was throttled. Expected available in 1 second."}`
			if !strings.HasPrefix(want[5], "429 ") || !strings.Contains(want[5], " Retry-After[1]") || !strings.HasSuffix(want[5], detail) {
				t.Errorf("refused with %s", want[5])
			}
			if want[7] != want[0] || !strings.Contains(want[8], "Retry-After[2]") {
				t.Errorf("after a second: %s, then %s", want[7], want[8])
			}
			for _, name := range []string{"nobody", "inactive", "unusable", strings.Repeat("n", 1000)} {
				passwords := wrong
				if name == "inactive" { // the right password is as good as any other here
					passwords = slices.Repeat([]string{"inactive-pw"}, len(wrong))
				}
				for i, got := range guess(name, passwords...) {
					if got != want[i] {
						t.Errorf("%.10s, attempt %d:\n got %s\nwant %s", name, i, got, want[i])
					}
				}
			}
		})
	}
}

// TestAllWaysAtOnce checks that of 40 parallel guesses at each way in five in
// all are tested, and all are counted.
func TestAllWaysAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		site, store, _ := limited(t, db)
		var mu sync.Mutex
		var wg sync.WaitGroup
		statuses := map[string]int{}
		const each = 40
		refused := each*len(waysIn) - 5
		for i := range each {
			for _, request := range waysIn {
				wg.Go(func() {
					got := from(site, "203.0.113.1", request("alice", fmt.Sprint("guess", i)))
					mu.Lock()
					defer mu.Unlock()
					statuses[got]++
				})
			}
		}
		wg.Wait()
		if statuses["400"]+statuses["401"] != 5 || statuses["429"] != refused {
			t.Errorf("%v", statuses)
		}
		alice := loginstore.AccountOf("alice")
		for c, err := range store.Counters(t.Context(), loginstore.Filter{Account: &alice}) {
			if err != nil || c.Failed != 5 || c.Refused != int64(refused) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// TestWithoutAStore checks that no way in works, and that a failure is not a
// refusal.
func TestWithoutAStore(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	site := limitedBy(t, db, logins.NewDatabaseStore(db))
	if err := db.Exec("DROP TABLE ginauth_login_failure").Error; err != nil {
		t.Fatal(err)
	}
	for way, request := range waysIn {
		for _, password := range []string{"alice-pw", "wrong"} {
			if got := from(site, "203.0.113.1", request("alice", password)); got != "503" {
				t.Errorf("%s, %s: %s", way, password, got)
			}
		}
	}
}

// TestRestartedServers checks that, with the store in the database, a restarted
// server continues where the previous one stopped.
func TestRestartedServers(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		first := dbtest.Open(t, url)
		site := limitedBy(t, first, logins.NewDatabaseStore(first))
		for range 6 {
			from(site, "203.0.113.1", waysIn["Basic"]("alice", "wrong"))
		}
		second := dbtest.Open(t, url)
		people.Configure(t, second, logins.Limits{Store: logins.NewDatabaseStore(second)})
		if got := from(allWaysIn(t, second), "203.0.113.1", waysIn["token endpoint"]("alice", "alice-pw")); got != "429" {
			t.Error(got)
		}
	})
}
