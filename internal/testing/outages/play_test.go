//go:build linux

package outages_test

import (
	"sync"
	"testing"
	"time"
)

// patience is what the recovery may take, and what an answer may take beyond
// its bound, on a slow machine.
const patience = 20 * time.Second

// outage is a row of the matrix.
type outage struct {
	name  string
	quick bool // runs with the other tests
	prepare
}

// prepare starts what a row needs.
type prepare func(t *testing.T, s stage) trial

// stage is what rows have in common.
type stage struct {
	bound    time.Duration // of a statement
	postgres *postgres     // is well between the rows
}

// trial is a site with an outage that can happen to it.
type trial struct {
	site
	begin func()
	end   func() // nil: the servers recover by themselves
}

// got is what clients got for the requests of a column during an outage.
type got struct {
	statuses map[int]bool
	retry    map[string]bool // the values of Retry-After
	longest  time.Duration
}

// result is what a row of the table holds.
type result struct {
	columns   map[string]*got
	recovered time.Duration
}

// game plays one row.
type game struct {
	trial
	t     *testing.T
	bound time.Duration
	right []*request
	mu    sync.Mutex
	result
}

// play checks that all is well before an outage, what clients get during it, and
// how soon all is well again.
func play(t *testing.T, row outage, s stage) result {
	t.Helper()
	g := &game{trial: row.prepare(t, s), t: t, bound: s.bound, result: result{columns: map[string]*got{}}}
	defer func() {
		if t.Failed() {
			t.Log(&g.Log)
		}
	}()
	g.right = g.site.right(t)
	g.untilWell("before", nil, time.Now())
	g.begin()
	began, during := time.Now(), g.columns
	if g.end != nil {
		for _, when := range []string{"first", "second", "third"} { // connections that are open, a used up pool, new ones
			g.wave(when, during)
		}
		began = time.Now()
		g.end()
		during = nil
	}
	g.recovered = g.untilWell("afterwards", during, began)
	g.refused()
	return g.result
}

// untilWell sends waves until all is well, and returns how long that took.
func (g *game) untilWell(when string, during map[string]*got, began time.Time) time.Duration {
	g.t.Helper()
	for {
		well, at := g.wave(when, during)
		if well {
			return at.Sub(began)
		}
		if time.Since(began) > patience {
			g.t.Fatalf("%s: not all is well after %v", when, time.Since(began))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// wave sends all requests at once, checks the answers, and reports whether those
// that are right have succeeded, and when. It notes the answers in during,
// unless that is nil.
func (g *game) wave(when string, during map[string]*got) (well bool, at time.Time) {
	var rights, wrongs sync.WaitGroup
	well = true
	for _, r := range g.right {
		rights.Go(func() {
			a := g.send(r)
			g.check(when, r, a)
			g.mu.Lock()
			defer g.mu.Unlock()
			well = well && a.status == 200
			if during != nil {
				note(during, r.column, a)
			}
		})
	}
	for _, r := range wrong() {
		wrongs.Go(func() {
			if a := g.send(r); a.status < 400 || a.status == 500 || g.late(a) {
				g.t.Errorf("%s, %s: %d %s after %v", when, r.name, a.status, a.body, a.took)
			}
		})
	}
	rights.Wait()
	at = time.Now()
	wrongs.Wait()
	return well, at
}

// check checks the answer to a right request: a success, or a failure of ours,
// in time.
func (g *game) check(when string, r *request, a answer) {
	if a.status != 200 && (a.status != 503 || a.retryAfter == "") || g.late(a) {
		g.t.Errorf("%s, %s: %d %s, Retry-After %q, after %v", when, r.name, a.status, a.body, a.retryAfter, a.took)
	}
}

// late reports whether an answer took longer than the documents say: two
// timeouts of statements.
func (g *game) late(a answer) bool { return a.took > 2*g.bound+patience/4 }

func note(during map[string]*got, column string, a answer) {
	g := during[column]
	if g == nil {
		g = &got{statuses: map[int]bool{}, retry: map[string]bool{}}
		during[column] = g
	}
	g.statuses[a.status] = true
	g.longest = max(g.longest, a.took)
	if a.status == 503 {
		g.retry[a.retryAfter] = true
	}
}

// refused checks that wrong credentials are refused after the outage, and not
// answered with a failure. Guesses of passwords may fail for two minutes more:
// those that a store took up during the outage, without an answer to the
// server, count as being tested.
func (g *game) refused() {
	for _, r := range wrong() {
		if r.column == login {
			continue
		}
		a := g.send(r)
		for n := 0; n < 5 && a.status >= 500; n++ { // a slow machine
			a = g.send(r)
		}
		if a.status < 400 || a.status >= 500 {
			g.t.Errorf("after, %s: %d %s", r.name, a.status, a.body)
		}
	}
}
