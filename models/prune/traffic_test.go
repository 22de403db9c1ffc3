package prune_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/prune"
)

// BenchmarkExpired measures a prune of each kind, of GINAUTH_TEST_ROWS rows of
// which three in five are due, beside clients that read and write rows at
// random, due or not. It reports the longest time that a client waited for an
// answer, and that in the second before.
//
//	export GINAUTH_TEST_ROWS=1000000
//	go test ./models/prune -run - -bench Expired -benchtime 1x -timeout 1h
func BenchmarkExpired(b *testing.B) {
	total, err := strconv.Atoi(cmp.Or(os.Getenv("GINAUTH_TEST_ROWS"), "10000"))
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
				people.Create(b, db)
				for range b.N {
					b.StopTimer()
					k.fill(b, db, total)
					before, after := atomic.Int64{}, atomic.Int64{}
					stop := k.visit(b, db, total, &before)
					time.Sleep(time.Second)
					stop()
					stop = k.visit(b, db, total, &after)
					b.StartTimer()
					if _, err := prune.Expired(b.Context(), db); err != nil {
						b.Error(err)
					}
					b.StopTimer()
					stop()
					b.ReportMetric(float64(before.Load())/1e6, "ms-longest-before")
					b.ReportMetric(float64(after.Load())/1e6, "ms-longest")
					b.ReportMetric(b.Elapsed().Seconds(), "s")
					if left := rows(b, db, k.table); left < int64(total)*2/5 {
						b.Errorf("%d rows are left", left)
					}
				}
			})
		})
	}
}

// fill replaces the rows of the table by total ones. Three in five are due. They
// end one thousand at a time.
func (k kind) fill(b *testing.B, db *gorm.DB, total int) {
	b.Helper()
	execute(b, db, "DELETE FROM token_blacklist_blacklistedtoken")
	execute(b, db, "DELETE FROM "+k.table)
	after := k.after
	k.after = ""
	for first := 0; first < total; first += 1000 {
		k.insert(b, db, first, 600, time.Now().Add(-100*day-time.Duration(first)*time.Second))
		k.insert(b, db, first+600, 400, time.Now().Add(100*day+time.Duration(first)*time.Second))
	}
	if after != "" {
		execute(b, db, after)
	}
	execute(b, db, "ANALYZE")
}

// visit starts clients, which note the longest time that one waited, and
// returns a function that stops them.
func (k kind) visit(b *testing.B, db *gorm.DB, total int, longest *atomic.Int64) (stop func()) {
	b.Helper()
	var stopped atomic.Bool
	var wg sync.WaitGroup
	read := fmt.Sprintf("SELECT %[1]s FROM %[2]s WHERE %[1]s = ?", k.key, k.table)
	write := fmt.Sprintf("UPDATE %[1]s SET %[2]s = %[2]s WHERE %[2]s = ?", k.table, k.key)
	for i := range 4 {
		wg.Go(func() {
			for n := i; !stopped.Load(); n++ {
				key, began := fmt.Sprint(k.prefix, rand.IntN(total)), time.Now()
				statement := read
				if n%4 == 0 {
					statement = write
				}
				if err := db.Exec(statement, key).Error; err != nil {
					b.Error(err)
				}
				took := int64(time.Since(began))
				for old := longest.Load(); took > old && !longest.CompareAndSwap(old, took); old = longest.Load() {
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	return func() { stopped.Store(true); wg.Wait() }
}
