package jwt_test

import (
	"net/http"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
)

// together calls f n times at once.
func together(n int, f func(i int)) {
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// TestRacingClients sends 16 refreshes with one token at once, to two servers
// with connections of their own, 100 times over. All get the same successor and
// an access token that works; there is one family, and one token per round.
// Then 16 clients present a token that was used long ago: all are refused, the
// family ends, and one event is raised.
func TestRacingClients(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		dbs := []*gorm.DB{dbtest.Open(t, url), dbtest.Open(t, url)}
		migrated(t, dbs[0])
		people.Configure(t, dbs[1])
		first := newStage(t, dbs[0])
		second := newServer(t, dbs[1], first.config, ginauth.Observers(first)) // with the same events and clock
		servers := []http.Handler{first, second}
		begun := logIn(first, "/pair", "alice")
		token, access := begun.Refresh, begun.Access
		rounds := 100
		if testing.Short() { // with the race detector
			rounds = 20
		}
		for round := range rounds {
			answers := make([]answer, 16)
			together(len(answers), func(i int) { answers[i] = post(servers[i%2], "/refresh", "refresh", token) })
			for _, a := range answers {
				if a.status != 200 || a.Refresh == "" || a.Refresh == token || a.Refresh != answers[0].Refresh {
					t.Fatalf("round %d: %d %s, and %s", round, a.status, a.body, answers[0].body)
				}
				if status, who := me(servers[1], a.Access); status != 200 || who != "3" {
					t.Fatalf("round %d: %d %s", round, status, who)
				}
			}
			token, access = answers[0].Refresh, answers[0].Access
		}
		var families int64
		dbs[0].Table("ginauth_token_family").Count(&families)
		if rows := outstanding(t, dbs[0]); len(rows) != rounds+1 || families != 1 || first.raised() > 0 {
			t.Errorf("%d tokens are recorded, %d families, events %v", len(rows), families, first.events)
		}
		first.wait(2 * grace)
		together(16, func(i int) {
			if a := post(servers[i%2], "/refresh", "refresh", begun.Refresh); a.status != 401 || a.body != blacklisted {
				t.Errorf("reuse: %d %s", a.status, a.body)
			}
		})
		first.refused("the last successor", token, blacklisted)
		first.access("of the family", access, blacklisted)
		if first.raised() != 1 {
			t.Errorf("events %v", first.events)
		}
		for i, row := range outstanding(t, dbs[0]) {
			if !row.Revoked {
				t.Errorf("row %d is not revoked", i)
			}
		}
	})
}

// TestFirstUsesOfDjangosToken checks that simultaneous first uses begin one
// family.
func TestFirstUsesOfDjangosToken(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newStage(t, migrated(t, dbtest.Open(t, url)))
		other := newServer(t, dbtest.Open(t, url), s.config)
		token := signed(hs256, claims(`token_type:"refresh"`))
		answers := make([]answer, 16)
		together(len(answers), func(i int) {
			answers[i] = post([]http.Handler{s, other}[i%2], "/refresh", "refresh", token)
		})
		var families int64
		s.db.Table("ginauth_token_family").Count(&families)
		for _, a := range answers {
			if a.status != 200 || a.Refresh != answers[0].Refresh || families != 1 {
				t.Errorf("%d %s, %d families", a.status, a.body, families)
			}
		}
	})
}

// TestLogoutWhileClientsRace checks that afterwards no token of the family is
// valid, whichever request came first.
func TestLogoutWhileClientsRace(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newStage(t, migrated(t, dbtest.Open(t, url)))
		other := newServer(t, dbtest.Open(t, url), s.config)
		for round := range 10 {
			begun := logIn(s, "/pair", "alice")
			answers := make([]answer, 8)
			together(len(answers), func(i int) {
				if i == 4 {
					answers[i] = post(other, "/blacklist", "refresh", begun.Refresh)
					return
				}
				answers[i] = post([]http.Handler{s, other}[i%2], "/refresh", "refresh", begun.Refresh)
			})
			for i, a := range answers {
				if i == 4 && a.status != 200 || a.status != 200 && (a.status != 401 || a.body != blacklisted) {
					t.Errorf("round %d: %d %s", round, a.status, a.body)
				}
				if a.Access != "" {
					s.access("after the logout", a.Access, blacklisted)
					s.refused("after the logout", a.Refresh, blacklisted)
				}
			}
		}
	})
}
