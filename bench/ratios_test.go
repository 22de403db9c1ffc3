//go:build !race

package main

import (
	"path/filepath"
	"testing"
	"time"
)

// ratios hold the most that a row may take in time beside its peer, of the least
// times. They are about twice what was measured, since machines differ.
var ratios = map[[2]string]float64{
	{"route without authenticators", bareGin}:                        10,
	{"route with authenticators, anonymous", bareGin}:                20,
	{"token, cached", "a middleware by hand"}:                        5,
	{"cached token, HasPerm, UserRate", bareGin}:                     65,
	{"the same with RateLimitHeaders", bareGin}:                      90,
	{"404 behind the guard", bareGin}:                                2.5,
	{"registering 1,000 routes, each by auth.With", bareGin}:         7,
	{"registering them, and a server's first request", "no request"}: 2,
	{"100,000 routes by auth.With, cold", bareGin}:                   8,
	{"100,000 routes by auth.Route, cold", "auth.With"}:              4,
}

func TestGateOfRatios(t *testing.T) {
	s, err := newStore(filepath.Join(t.TempDir(), "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, build := range []func(*store) ([]row, error){routeRows, routesRows} {
		rows, err := build(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			most, ok := ratios[[2]string{r.name, r.peer}]
			if !ok {
				continue
			}
			held++
			got := measure(r, 200, time.Millisecond/4)
			if ratio := got.us.least / got.them.least; ratio > most {
				t.Errorf("%s beside %s: %.1f times, want at most %v", r.name, r.peer, ratio, most)
			}
		}
	}
	if held != len(ratios) {
		t.Errorf("%d rows are held, want %d", held, len(ratios))
	}
}
