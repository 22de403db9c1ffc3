package models

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// fastHasher makes the hashes of API keys: one that Django's PBKDF2PasswordHasher reads, in no time.
var fastHasher = PBKDF2SHA256{Iterations: 1}

const (
	fastPrefix   = "pbkdf2_sha256$1$"
	sha512Prefix = "sha512$$" // djangorestframework-api-key from 3.0 on; does not fit into the columns of 2.0
)

// apiKeyHasher returns what hashes new keys, for a Django with these PASSWORD_HASHERS to read.
func apiKeyHasher(hashers PasswordHashers) Hasher {
	for _, h := range hashers {
		if h.Algorithm() == fastHasher.Algorithm() {
			return fastHasher
		}
	}
	return hashers[0]
}

// check compares a key with a stored hash. Only what is slow waits its turn.
func (k *APIKeys) check(ctx context.Context, key, encoded string) (c check, err error) {
	switch {
	case strings.HasPrefix(encoded, sha512Prefix):
		digest := sha512.Sum512([]byte(key))
		c.ok = sameHash(sha512Prefix+hex.EncodeToString(digest[:]), encoded)
	case strings.HasPrefix(encoded, fastPrefix):
		c.ok = fastHasher.Verify(key, encoded)
	default:
		err = k.hashing.inTurn(ctx, func() { c.ok, _ = k.hashers.CheckPassword(key, encoded) })
		if c.ok && apiKeyHasher(k.hashers) == Hasher(fastHasher) {
			c.replacement, c.err = fastHasher.Encode(key)
		}
	}
	return c, err
}
