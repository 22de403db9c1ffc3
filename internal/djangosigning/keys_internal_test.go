package djangosigning

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"
	"testing"
)

// TestSaltedHMAC checks values that django.utils.crypto.salted_hmac has made.
func TestSaltedHMAC(t *testing.T) {
	for _, row := range []struct {
		algorithm func() hash.Hash
		want      string
	}{
		{sha1.New, "1fd65b5b4c41260b3be67def2739bf5e5108746e"},
		{sha256.New, "2daaf287c4afa357571e60e8a51f4b6f80f82c280d0b1d06d21a0925f067d5d0"},
	} {
		if got := hex.EncodeToString(SaltedHMAC(row.algorithm, "salt", "a key", "value")); got != row.want {
			t.Errorf("%s, want %s", got, row.want)
		}
	}
}

// TestStatesAreOfOneValue checks HMACs that many compute at the same time, with
// states from the pool that have been left with the value of another.
func TestStatesAreOfOneValue(t *testing.T) {
	keys := NewKeys([]string{"first", "second"}, "salt")
	poison := func(m *mac) {
		state := m.states.New().(*macState)
		state.value, state.sum, state.text = []byte("poison"), []byte("poison"), []byte("poison")
		state.Write(state.value)
		m.states.Put(state)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				for _, m := range keys.macs.Get() {
					poison(m)
				}
				value := fmt.Sprintf("value %d of %d", n, i)
				former := hex.EncodeToString(SaltedHMAC(sha1.New, "salt", "second", value))
				if got, want := keys.Sum(value), SaltedHMAC(sha256.New, "salt", "first", value); !bytes.Equal(got, want) {
					t.Errorf("%s: %x, want %x", value, got, want)
				}
				ok, first := keys.Verify(value, former, hex.AppendEncode)
				if !ok || first {
					t.Errorf("%s, signed with SHA-1 and the second key: %v, %v", value, ok, first)
				}
				if ok, _ := keys.Verify("poison"+value, former, hex.AppendEncode); ok {
					t.Errorf("%s: the HMAC of another value is believed", value)
				}
			}
		})
	}
	all.Wait()
}
