package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// row is one comparison. Both functions do the same work once, and have been
// seen to give the right answer.
type row struct {
	name, peer   string
	ours, theirs func()
}

// side holds the figures of one side of a row.
type side struct {
	least, median float64 // ns
	allocs, bytes float64
}

type result struct {
	row
	us, them side
}

func (r result) String() string {
	return fmt.Sprintf("| %s | %s | %.0f | %.0f | %.0f | %.0f | %s | %s | %.0f | %.0f | %.0f | %.0f |", r.name, r.peer,
		r.us.least, r.them.least, r.us.median, r.them.median,
		ratio(r.us.least, r.them.least), ratio(r.us.median, r.them.median),
		r.us.allocs, r.them.allocs, r.us.bytes, r.them.bytes)
}

// ratio writes two decimals of a ratio, and one below 0.1 as a fraction of 1.
func ratio(ours, theirs float64) string {
	if ours < theirs/10 {
		return fmt.Sprintf("1/%.0f", theirs/ours)
	}
	return fmt.Sprintf("%.2f", ours/theirs)
}

// measure runs slices of both sides in pairs, in a random order within each
// pair, so that what else the machine does hits both alike.
func measure(r row, rounds int, slice time.Duration) result {
	sides := [2]func(){r.ours, r.theirs}
	var calls [2]int
	var took [2][]float64
	for i, f := range sides {
		calls[i] = callsIn(f, slice)
	}
	for range rounds {
		first := rand.IntN(2) //nolint:gosec // not a secret
		for _, i := range []int{first, 1 - first} {
			took[i] = append(took[i], timed(sides[i], calls[i]))
		}
	}
	res := result{row: r}
	for i, s := range []*side{&res.us, &res.them} {
		slices.Sort(took[i])
		s.least, s.median = took[i][0], took[i][rounds/2]
		s.allocs, s.bytes = allocated(sides[i])
	}
	return res
}

// timed returns the nanoseconds of a call, of n calls in a row.
func timed(f func(), n int) float64 {
	began := time.Now()
	for range n {
		f()
	}
	return float64(time.Since(began)) / float64(n)
}

// callsIn returns how many calls fill a slice.
func callsIn(f func(), slice time.Duration) int {
	f()
	n := 1
	for timed(f, n)*float64(n) < float64(slice)/2 && n < 1<<20 {
		n *= 2
	}
	return n
}

// allocated returns the allocations and bytes of a call, on average.
func allocated(f func()) (allocs, bytes float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 100
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n
}
