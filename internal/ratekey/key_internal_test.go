package ratekey

import (
	"testing"
	"unsafe"
)

// TestAKeyIsCopied checks that keys are copied: a key may be part of a
// request's header, which must not be kept alive as long.
func TestAKeyIsCopied(t *testing.T) {
	key := OfOwn("test", "alice")
	if c := Clone(key); c != key || unsafe.StringData(c.text) == unsafe.StringData(key.text) {
		t.Errorf("%s is kept as it is", c)
	}
}
