package apikey

import (
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/ginauth/ginauth/models/password"
)

// fastHasher makes the hashes of API keys. Django's PBKDF2PasswordHasher reads
// them; computing one takes next to no time.
var fastHasher = password.PBKDF2SHA256{Iterations: 1}

const (
	fastPrefix   = "pbkdf2_sha256$1$"
	sha512Prefix = "sha512$$" // of djangorestframework-api-key 3.0 and later
)

// apiKeyHasher returns the hasher for new keys, one that a Django with these
// PASSWORD_HASHERS can read.
func apiKeyHasher(hashers password.Hashers) password.Hasher {
	for _, h := range hashers {
		if h.Algorithm() == fastHasher.Algorithm() {
			return fastHasher
		}
	}
	return hashers[0]
}

// check compares a key with a stored hash. Only slow hashes wait their turn.
func (k *Store) check(ctx context.Context, key, encoded string) (r password.Result, err error) {
	switch {
	case strings.HasPrefix(encoded, sha512Prefix):
		digest := sha512.Sum512([]byte(key))
		r.OK = subtle.ConstantTimeCompare([]byte(sha512Prefix+hex.EncodeToString(digest[:])), []byte(encoded)) == 1
	case strings.HasPrefix(encoded, fastPrefix):
		r.OK = fastHasher.Verify(key, encoded)
	default:
		err = k.passwords.InTurn(ctx, func() { r.OK, _ = k.passwords.Hashers().CheckPassword(key, encoded) })
		if r.OK && !k.passwords.KeepsHashes() && apiKeyHasher(k.passwords.Hashers()) == password.Hasher(fastHasher) {
			r.Replacement, r.Err = fastHasher.Encode(key)
		}
	}
	return r, err
}
