//go:build !race

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// gate holds the most that ginauth's side of each row may cost. Figures in memory
// are exact. Those of databases and Redis vary by a few allocations and a tenth
// of the bytes, for which there is room. A change that makes a row cheaper
// lowers them.
var gate = map[string]struct{ allocs, bytes, statements float64 }{
	"route without authenticators":                   {2, 336, 0},
	"route with authenticators, anonymous":           {2, 336, 0},
	"token, cached":                                  {3, 528, 0},
	"cached token, HasPerm, UserRate":                {3, 528, 0},
	"the same with RateLimitHeaders":                 {8, 704, 0},
	"404 behind the guard":                           {0, 0, 0},
	"registering 1,000 routes, each by auth.With":    {19954, 1244128, 0},
	"registering them, and a server's first request": {45000, 2400000, 0}, // Check runs beside it
	"100,000 routes by auth.With, cold":              {2, 336, 0},
	"100,000 routes by auth.Route, cold":             {2, 336, 0},
	"token, SQLite":                                  {104, 5500, 1},
	"access token, SQLite":                           {155, 7000, 1},
	"JSON web token, HS256":                          {23, 1912, 0},
	"HasPerm, 1000 permissions":                      {0, 0, 0},
	"a user and one permission, SQLite":              {134, 7700, 2},
	"a user's 10 notes, Filter, SQLite":              {194, 13000, 1},
	"session and its user, SQLite":                   {117, 6200, 1},
	"throttle in Redis, admitted":                    {26, 1250, 0},
	"throttle in Redis, refused":                     {26, 1250, 0},
}

// What the runtime allocates meanwhile may add a little to the average of a
// call: an allocation in ten calls, and bytes.
const strayAllocs, strayBytes = 0.1, 16

// TestGate checks that no row costs more than it did. Their times are for the
// reader: they depend on the machine.
func TestGate(t *testing.T) {
	rows, err := allRows(filepath.Join(t.TempDir(), "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	counted, err := newStore(filepath.Join(t.TempDir(), "counted.db"))
	if err != nil {
		t.Fatal(err)
	}
	var counter *dbtest.Counter
	counted.db, counter = dbtest.Count(counted.db)
	countedRows, err := rowsOf(counted)
	if err != nil {
		t.Fatal(err)
	}
	unseen := maps.Clone(gate)
	if os.Getenv("GINAUTH_TEST_REDIS") == "" {
		delete(unseen, "throttle in Redis, admitted")
		delete(unseen, "throttle in Redis, refused")
	}
	for i, r := range rows {
		delete(unseen, r.name)
		allocs, bytes := allocated(r.ours)
		for range 2 { // the runtime may allocate too
			again, size := allocated(r.ours)
			allocs, bytes = min(allocs, again), min(bytes, size)
		}
		countedRows[i].ours()
		counter.Statements()
		countedRows[i].ours()
		statements := float64(counter.Statements())
		most, ok := gate[r.name]
		if !ok || allocs > most.allocs+strayAllocs || bytes > most.bytes+strayBytes || statements > most.statements {
			t.Errorf("%s: %v allocations, %v bytes, %v statements, want at most %v", r.name, allocs, bytes, statements, most)
		}
	}
	if len(unseen) > 0 {
		t.Errorf("no rows for %v", slices.Sorted(maps.Keys(unseen)))
	}
}
