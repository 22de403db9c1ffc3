//go:build !race

package djangosigning

import (
	"strings"
	"testing"
)

// TestUnpackReusesReaders: a reader of package zlib has tables of 40 KiB, which
// is more than all else that a request with a session needs.
func TestUnpackReusesReaders(t *testing.T) {
	payload, err := Pack([]byte(`{"_auth_user_id":"1","padding":"` + strings.Repeat("x", 200) + `"}`))
	if err != nil || payload[0] != '.' {
		t.Fatal(payload, err)
	}
	bytes := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := Unpack(payload); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if bytes > 512 {
		t.Errorf("%d bytes are allocated, want at most 512", bytes)
	}
	for _, broken := range []string{".", payload[:len(payload)-8], ".AAAA"} { // must not spoil the next one
		if _, err := Unpack(broken); err == nil {
			t.Errorf("%q was unpacked", broken)
		}
		if _, err := Unpack(payload); err != nil {
			t.Errorf("after %q: %v", broken, err)
		}
	}
}
