package jwt

import "fmt"

// The maximum number of keys in a config, and of keys without an id, which are
// tried one after the other.
const (
	maxKeys        = 16
	maxUnnamedKeys = 3
)

// keyring holds the keys that a config accepts, in the order in which a token
// is most likely to need them. The header of a token selects a row, so that at
// most maxUnnamedKeys signatures are computed, and only one for a token that
// names a key.
type keyring []row

// row is one key with an id, or all keys of an algorithm without one. All keys
// of a row write the same header.
type row struct {
	header, id, algorithm string
	keys                  []Key
}

func newKeyring(first Key, more []Key) keyring {
	var ring keyring
	for _, key := range append([]Key{first}, more...) {
		if i := ring.index(key.id, key.Algorithm()); key.id == "" && i >= 0 {
			ring[i].keys = append(ring[i].keys, key)
			continue
		}
		ring = append(ring, row{key.header, key.id, key.Algorithm(), []Key{key}})
	}
	return ring
}

func (r keyring) index(id, algorithm string) int {
	for i := range r {
		if r[i].id == id && r[i].algorithm == algorithm {
			return i
		}
	}
	return -1
}

// of returns the keys with which a token with that header is checked, if any.
func (r keyring) of(segment string) []Key {
	for i := range r {
		if r[i].header == segment { // the header that simplejwt and ginauth write
			return r[i].keys
		}
	}
	h, ok := headerOf(segment)
	if !ok || !h.isJWT() {
		return nil
	}
	return r.find(h)
}

// find returns the key that a header names, if it is for the header's
// algorithm. If no key has that id, or if the header has none, it returns the
// keys without an id. They ignore the id of the header, which may be another
// server's.
func (r keyring) find(h header) []Key {
	for i := range r {
		if h.keyID != "" && r[i].id == h.keyID {
			if r[i].algorithm != h.algorithm {
				return nil
			}
			return r[i].keys
		}
	}
	if i := r.index("", h.algorithm); i >= 0 {
		return r[i].keys
	}
	return nil
}

// verifies reports whether a signature was made by one of the keys.
func verifies(keys []Key, input string, signature []byte) bool {
	for i := range keys {
		if keys[i].verifies(input, signature) {
			return true
		}
	}
	return false
}

// checkKeys returns what is wrong with the keys of a config.
func (c Config) checkKeys() string {
	if c.Key.material() == nil {
		return "Config.Key is missing; give it one, e.g. jwt.HS256(secret)"
	}
	if len(c.VerificationKeys) >= maxKeys {
		return fmt.Sprintf("there are %d VerificationKeys; %d are enough, since a key can go when its last "+
			"token has expired",
			len(c.VerificationKeys), maxKeys-1)
	}
	unnamed, ids := 0, make(map[string]bool)
	for _, key := range append([]Key{c.Key}, c.VerificationKeys...) {
		switch {
		case key.material() == nil:
			return "one of VerificationKeys is not a key"
		case key.id == "":
			unnamed++
		case ids[key.id]:
			return "two keys have the id " + key.id + "; a token that names it could be of either"
		}
		ids[key.id] = true
	}
	if unnamed > maxUnnamedKeys {
		return fmt.Sprintf("%d keys have no id, and each would be tried with every token; give them "+
			"one with Key.WithID", unnamed)
	}
	return ""
}
