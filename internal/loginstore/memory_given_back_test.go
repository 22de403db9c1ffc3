package loginstore_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// TestMemoryIsGivenBack checks that after a flood of guesses, once they do not
// matter any more, one more login frees the memory of their counters.
func TestMemoryIsGivenBack(t *testing.T) {
	now := time.Now()
	store := loginstore.NewMemoryStore(0, 0, func() time.Time { return now })
	curve := loginstore.Curve{}.WithDefaults()
	guess := func(n int) {
		name, network := fmt.Sprint("user", n), netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 32)
		r, err := store.Reserve(t.Context(), loginstore.Attempt{
			Account: loginstore.AccountOf(name), Principal: loginstore.PrincipalOf(name), Network: network,
		}, curve)
		if err == nil && r.Verdict == loginstore.Reserved {
			err = store.Settle(t.Context(), r, loginstore.Failed, curve)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	guess(0)
	before := heap()
	for n := range 16_000 { // less than fill half of the store
		guess(n)
	}
	flooded := heap()
	now = now.Add(4 * time.Hour) // more than any counter matters for
	guess(0)
	if after := heap(); after > before+(flooded-before)/10 {
		t.Errorf("%d KiB before the flood, %d in it, %d afterwards", before>>10, flooded>>10, after>>10)
	}
	runtime.KeepAlive(store)
}

func heap() int64 {
	var stats runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) // no heap is as large
}
