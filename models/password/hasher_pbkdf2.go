package password

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

const (
	defaultPBKDF2Iterations = 1_000_000
	maxPBKDF2Iterations     = 10_000_000 // one or two seconds
)

// PBKDF2SHA256 is Django's PBKDF2PasswordHasher, its default:
//
//	pbkdf2_sha256$<iterations>$<salt>$<base64 digest>
type PBKDF2SHA256 struct {
	Iterations int // default: 1,000,000, as in Django 5.2; at most 10,000,000
}

// PBKDF2SHA1 is Django's PBKDF2SHA1PasswordHasher: [PBKDF2SHA256] with SHA-1
// and the name pbkdf2_sha1.
type PBKDF2SHA1 struct {
	Iterations int // default: 1,000,000, as in Django 5.2; at most 10,000,000
}

var _, _ interface {
	Hasher
	decoder
	measured
} = PBKDF2SHA256{}, PBKDF2SHA1{}

// Algorithm implements [Hasher].
func (PBKDF2SHA256) Algorithm() string { return "pbkdf2_sha256" }

// Algorithm implements [Hasher].
func (PBKDF2SHA1) Algorithm() string { return "pbkdf2_sha1" }

// Encode implements [Hasher].
func (h PBKDF2SHA256) Encode(password string) (string, error) { return h.scheme().encode(password) }

// Encode implements [Hasher].
func (h PBKDF2SHA1) Encode(password string) (string, error) { return h.scheme().encode(password) }

// Verify implements [Hasher].
func (h PBKDF2SHA256) Verify(password, encoded string) bool {
	return h.scheme().verify(password, encoded)
}

// Verify implements [Hasher].
func (h PBKDF2SHA1) Verify(password, encoded string) bool {
	return h.scheme().verify(password, encoded)
}

// MustUpdate implements [Hasher].
func (h PBKDF2SHA256) MustUpdate(encoded string) bool { return h.scheme().mustUpdate(encoded) }

// MustUpdate implements [Hasher].
func (h PBKDF2SHA1) MustUpdate(encoded string) bool { return h.scheme().mustUpdate(encoded) }

func (h PBKDF2SHA256) wellFormed(encoded string) bool { return h.scheme().wellFormed(encoded) }
func (h PBKDF2SHA1) wellFormed(encoded string) bool   { return h.scheme().wellFormed(encoded) }

func (h PBKDF2SHA256) harden(encoded string) { h.scheme().harden(encoded) }
func (h PBKDF2SHA1) harden(encoded string)   { h.scheme().harden(encoded) }

func (h PBKDF2SHA256) work() uint64 { return uint64(h.scheme().iterations) }
func (h PBKDF2SHA1) work() uint64   { return uint64(h.scheme().iterations) }

func (h PBKDF2SHA256) like(encoded string) measured {
	if iterations, _, ok := h.scheme().parse(encoded); ok {
		return PBKDF2SHA256{Iterations: iterations}
	}
	return nil
}

func (h PBKDF2SHA1) like(encoded string) measured {
	if iterations, _, ok := h.scheme().parse(encoded); ok {
		return PBKDF2SHA1{Iterations: iterations}
	}
	return nil
}

func (h PBKDF2SHA256) scheme() pbkdf2Scheme {
	return pbkdf2Scheme{h.Algorithm(), sha256.New, sha256.Size, cmp.Or(h.Iterations, defaultPBKDF2Iterations)}
}

func (h PBKDF2SHA1) scheme() pbkdf2Scheme {
	return pbkdf2Scheme{h.Algorithm(), sha1.New, sha1.Size, cmp.Or(h.Iterations, defaultPBKDF2Iterations)}
}

// pbkdf2Scheme is PBKDF2 with one hash function.
type pbkdf2Scheme struct {
	algorithm  string
	digest     func() hash.Hash
	size       int // of the digest, in bytes
	iterations int // of new hashes
}

func (s pbkdf2Scheme) encode(password string) (string, error) {
	if s.iterations < 1 || s.iterations > maxPBKDF2Iterations {
		return "", fmt.Errorf("password: %s: %d iterations are out of range", s.algorithm, s.iterations)
	}
	salt := newSalt()
	return s.hash(password, salt, s.iterations)
}

// hash returns the encoded hash of password with the given salt and iterations.
func (s pbkdf2Scheme) hash(password, salt string, iterations int) (string, error) {
	key, err := pbkdf2.Key(s.digest, password, []byte(salt), iterations, s.size)
	if err != nil {
		return "", fmt.Errorf("password: %s: %w", s.algorithm, err)
	}
	return s.format(iterations, salt, base64.StdEncoding.EncodeToString(key)), nil
}

func (s pbkdf2Scheme) format(iterations int, salt, digest string) string {
	return fmt.Sprintf("%s$%d$%s$%s", s.algorithm, iterations, salt, digest)
}

// parse reads the iterations and the salt of a hash of this scheme. It accepts
// only the spelling that format writes.
func (s pbkdf2Scheme) parse(encoded string) (iterations int, salt string, ok bool) {
	part := strings.Split(encoded, "$")
	if len(part) != 4 || part[2] == "" || len(part[3]) != base64.StdEncoding.EncodedLen(s.size) {
		return 0, "", false
	}
	iterations, err := strconv.Atoi(part[1])
	ok = err == nil && iterations >= 1 && iterations <= maxPBKDF2Iterations &&
		s.format(iterations, part[2], part[3]) == encoded
	return iterations, part[2], ok
}

func (s pbkdf2Scheme) verify(password, encoded string) bool {
	iterations, salt, ok := s.parse(encoded)
	if !ok {
		return false
	}
	again, err := s.hash(password, salt, iterations)
	return err == nil && sameHash(again, encoded)
}

func (s pbkdf2Scheme) mustUpdate(encoded string) bool {
	iterations, salt, ok := s.parse(encoded)
	return !ok || strength{s.iterations}.replaces(strength{iterations}, weakSalt(salt))
}

func (s pbkdf2Scheme) wellFormed(encoded string) bool {
	_, _, ok := s.parse(encoded)
	return ok
}

func (s pbkdf2Scheme) harden(encoded string) {
	iterations, salt, ok := s.parse(encoded)
	if missing := min(s.iterations, maxPBKDF2Iterations) - iterations; ok && missing > 0 {
		_, _ = s.hash(decoyPassword, salt, missing)
	}
}
