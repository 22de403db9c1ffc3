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

// NewKeys returns the keys, the first of which makes new HMACs.
func NewKeys[T ~string](keys []T, salt string) Keys {
	macs := make([]*mac, 0, 2*len(keys))
	for _, key := range keys {
		macs = append(macs, newMAC(sha256.New, salt, string(key)), newMAC(sha1.New, salt, string(key)))
	}
	return Keys{hidden.Of(macs)}
}

// Sum returns the HMAC of a value with SHA-256 and the first key.
func (k Keys) Sum(value string) []byte { return k.macs.Get()[0].of(value) }

// Made reports whether any of the keys made an HMAC of the value that equals
// recognises, and whether that is [Keys.Sum]. equals must compare in constant
// time.
func (k Keys) Made(value string, equals func(sum []byte) bool) (made, first bool) {
	for i, m := range k.macs.Get() {
		m.sum(value, func(sum []byte) { made = equals(sum) })
		if made {
			return true, i == 0
		}
	}
	return false, false
}

// mac is an HMAC with one key. Most of the work for a short value is that for
// the key, which the states in the pool have done.
type mac struct{ states sync.Pool }

// macState computes one HMAC at a time.
type macState struct {
	hash.Hash
	value, sum []byte
}

func newMAC(algorithm func() hash.Hash, salt, key string) *mac {
	derived := algorithm()
	derived.Write([]byte(salt + key))
	secret := derived.Sum(nil)
	return &mac{sync.Pool{New: func() any { return &macState{Hash: hmac.New(algorithm, secret)} }}}
}

// of returns the HMAC of a value.
func (m *mac) of(value string) (result []byte) {
	m.sum(value, func(sum []byte) { result = bytes.Clone(sum) })
	return result
}

// sum passes the HMAC of a value to use, which must not keep it.
func (m *mac) sum(value string, use func(sum []byte)) {
	state := m.states.Get().(*macState)
	defer m.states.Put(state)
	state.Reset()
	state.value = append(state.value[:0], value...)
	state.Write(state.value)
	clear(state.value)
	state.sum = state.Sum(state.sum[:0])
	use(state.sum)
}
