package djangosigning

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what Django used before 3.1, see Keys
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/ginauth/ginauth/internal/hidden"
)

// SaltedHMAC is django.utils.crypto.salted_hmac.
func SaltedHMAC(algorithm func() hash.Hash, salt, key, value string) []byte {
	return newMAC(algorithm, salt, key).of(value)
}

// Keys computes and checks salted HMACs with one salt and several keys. Like
// Django 3.2 it accepts SHA-1 besides SHA-256, because Django before 3.1 used
// SHA-1. It is safe for concurrent use.
type Keys struct {
	macs hidden.Value[[]*mac] // the first one signs
}

// NewKeys returns the keys. The first one makes new HMACs; all of them verify.
func NewKeys[T ~string](keys []T, salt string) Keys {
	macs := make([]*mac, 0, 2*len(keys))
	for _, key := range keys {
		macs = append(macs, newMAC(sha256.New, salt, string(key)), newMAC(sha1.New, salt, string(key)))
	}
	return Keys{hidden.Of(macs)}
}

// Sum returns the HMAC of a value with SHA-256 and the first key.
func (k Keys) Sum(value string) []byte { return k.macs.Get()[0].of(value) }

// Verify reports whether text is the HMAC of a value by any of the keys, written
// by encode, and whether it is that of [Keys.Sum]. It compares in constant time.
func (k Keys) Verify(value, text string, encode func(dst, sum []byte) []byte) (ok, first bool) {
	for i, m := range k.macs.Get() {
		if m.equals(value, text, encode) {
			return true, i == 0
		}
	}
	return false, false
}

// mac is an HMAC with one key. Keying the hash is most of the work for a short
// value, so a pool keeps keyed states.
type mac struct{ states sync.Pool }

// macState computes one HMAC at a time.
type macState struct {
	hash.Hash
	value, sum, text []byte
}

func newMAC(algorithm func() hash.Hash, salt, key string) *mac {
	derived := algorithm()
	derived.Write([]byte(salt + key))
	secret := derived.Sum(nil)
	return &mac{sync.Pool{New: func() any { return &macState{Hash: hmac.New(algorithm, secret)} }}}
}

// of returns the HMAC of a value.
func (m *mac) of(value string) []byte {
	state := m.states.Get().(*macState)
	defer m.states.Put(state)
	return bytes.Clone(state.compute(value))
}

// equals reports whether text is the HMAC of a value, written by encode.
func (m *mac) equals(value, text string, encode func(dst, sum []byte) []byte) bool {
	state := m.states.Get().(*macState)
	defer m.states.Put(state)
	state.text = encode(state.text[:0], state.compute(value))
	return hmac.Equal([]byte(text), state.text)
}

// compute returns the HMAC of a value, which is the state's until it computes
// the next.
func (s *macState) compute(value string) []byte {
	s.Reset()
	s.value = append(s.value[:0], value...)
	s.Write(s.value)
	clear(s.value)
	s.sum = s.Sum(s.sum[:0])
	return s.sum
}
