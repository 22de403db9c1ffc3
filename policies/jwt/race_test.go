package jwt_test

import (
	"net/http"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
)

// TestParallelRefreshes sends 16 refreshes with one token to two servers with
// connections of their own, 50 times over. Exactly one gets a successor, which
// works, and no other was recorded.
func TestParallelRefreshes(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		dbs := []*gorm.DB{dbtest.Open(t, url), dbtest.Open(t, url)}
		load(t, dbs[0])
		people.Configure(t, dbs[1])
		servers := []http.Handler{newServer(t, dbs[0], rotating()), newServer(t, dbs[1], rotating())}
		refresh := logIn(servers[0], "/pair", "alice").Refresh
		for round := range 50 {
			answers := make([]answer, 16)
			start := make(chan struct{})
			var group sync.WaitGroup
			for i := range answers {
				group.Go(func() {
					<-start
					answers[i] = post(servers[i%2], "/refresh", "refresh", refresh)
				})
			}
			close(start)
			group.Wait()
			successes := 0
			for _, a := range answers {
				switch {
				case a.status == 200 && a.Refresh != "" && a.Access != "":
					successes++
					refresh = a.Refresh
				case a.status != 401 || a.body != `{"detail":"Token is blacklisted","code":"token_not_valid"}`:
					t.Fatalf("round %d: %d %s", round, a.status, a.body)
				}
			}
			if rows := outstanding(t, dbs[0]); successes != 1 || len(rows) != round+2 {
				t.Fatalf("round %d: %d successes, %d tokens recorded", round, successes, len(rows))
			}
		}
		if a := post(servers[1], "/refresh", "refresh", refresh); a.status != 200 {
			t.Errorf("the last successor: %d %s", a.status, a.body)
		}
	})
}
