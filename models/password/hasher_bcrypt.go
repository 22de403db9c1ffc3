package password

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	defaultBCryptCost = 12
	maxBCryptCost     = 16 // a few seconds
	maxBCryptBytes    = 72 // of a password; later bytes do not influence the hash
)

// BCryptSHA256 is Django's BCryptSHA256PasswordHasher: bcrypt of the
// hexadecimal SHA-256 of the password, so that every byte of a long password
// counts.
//
//	bcrypt_sha256$$2b$<cost>$<salt and digest>
//
// It verifies the prefixes $2a$, $2b$ and $2y$, which mean the same here.
type BCryptSHA256 struct {
	Cost int // base-2 logarithm of the rounds, 4 to 16; default: 12
}

// BCrypt is Django's BCryptPasswordHasher, bcrypt of the password itself, for
// databases that hold such hashes:
//
//	bcrypt$$2b$<cost>$<salt and digest>
//
// It also verifies bare hashes, which begin with $2a$, $2b$ or $2y$: those of
// golang.org/x/crypto/bcrypt and most other software.
//
// bcrypt uses only the first 72 bytes of a password. Hashes that other software
// made of longer passwords still verify, and for these only 72 bytes count, so
// a login with a longer password does not replace the hash. New ones are not
// made: Encode returns [ErrTooLong]. A password with a NUL byte, at which
// bcrypt starts over, is never hashed and never right.
type BCrypt struct {
	Cost int // base-2 logarithm of the rounds, 4 to 16; default: 12

	// Bare makes new hashes without "bcrypt$", as golang.org/x/crypto/bcrypt
	// writes them, for a table that other software reads or a column of 60
	// characters. Django does not read them. Default: false.
	Bare bool
}

var _, _ interface {
	Hasher
	decoder
	measured
} = BCryptSHA256{}, BCrypt{}

// Algorithm implements [Hasher].
func (BCryptSHA256) Algorithm() string { return "bcrypt_sha256" }

// Algorithm implements [Hasher].
func (BCrypt) Algorithm() string { return "bcrypt" }

// Encode implements [Hasher].
func (h BCryptSHA256) Encode(password string) (string, error) {
	return h.scheme().encode(hexSHA256(password))
}

// Encode implements [Hasher].
func (h BCrypt) Encode(password string) (string, error) {
	if len(password) > maxBCryptBytes {
		return "", fmt.Errorf("%w for bcrypt, which takes %d bytes: use BCryptSHA256", ErrTooLong, maxBCryptBytes)
	}
	if strings.Contains(password, "\x00") {
		return "", errors.New("password: bcrypt takes no password with a NUL byte: use BCryptSHA256")
	}
	if h.Bare {
		return h.scheme().hash(password)
	}
	return h.scheme().encode(password)
}

// covers reports whether every byte of a password counts.
func (h BCrypt) covers(password string) bool { return len(password) <= maxBCryptBytes }

// Verify implements [Hasher].
func (h BCryptSHA256) Verify(password, encoded string) bool {
	return h.scheme().verify(hexSHA256(password), encoded)
}

// Verify implements [Hasher].
func (h BCrypt) Verify(password, encoded string) bool {
	ok := h.scheme().verify(password, encoded)
	// after the work, so that it takes the same time
	return ok && !strings.Contains(password, "\x00")
}

// MustUpdate implements [Hasher]. The salt of bcrypt always has 128 bits.
func (h BCryptSHA256) MustUpdate(encoded string) bool { return h.scheme().mustUpdate(encoded) }

// MustUpdate implements [Hasher]. The salt of bcrypt always has 128 bits.
func (h BCrypt) MustUpdate(encoded string) bool { return h.scheme().mustUpdate(encoded) }

func (h BCryptSHA256) wellFormed(encoded string) bool { return h.scheme().wellFormed(encoded) }
func (h BCrypt) wellFormed(encoded string) bool       { return h.scheme().wellFormed(encoded) }

func (h BCryptSHA256) harden(encoded string) { h.scheme().harden(encoded) }
func (h BCrypt) harden(encoded string)       { h.scheme().harden(encoded) }

func (h BCryptSHA256) work() uint64 { return h.scheme().rounds() }
func (h BCrypt) work() uint64       { return h.scheme().rounds() }

func (h BCryptSHA256) like(encoded string) measured {
	if _, cost, ok := h.scheme().parse(encoded); ok {
		return BCryptSHA256{Cost: cost}
	}
	return nil
}

func (h BCrypt) like(encoded string) measured {
	if _, cost, ok := h.scheme().parse(encoded); ok {
		return BCrypt{Cost: cost}
	}
	return nil
}

func (h BCryptSHA256) scheme() bcryptScheme {
	return bcryptScheme{h.Algorithm(), cmp.Or(h.Cost, defaultBCryptCost)}
}

func (h BCrypt) scheme() bcryptScheme {
	return bcryptScheme{h.Algorithm(), cmp.Or(h.Cost, defaultBCryptCost)}
}

func hexSHA256(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// bcryptScheme is bcrypt under one of Django's two names, or bare.
type bcryptScheme struct {
	algorithm string
	cost      int // of new hashes
}

func (s bcryptScheme) encode(key string) (string, error) {
	hash, err := s.hash(key)
	if err != nil {
		return "", err
	}
	// x/crypto implements the algorithm of $2b$ but writes the older prefix.
	return s.algorithm + "$$2b$" + strings.TrimPrefix(hash, "$2a$"), nil
}

// hash returns a bare hash.
func (s bcryptScheme) hash(key string) (string, error) {
	if s.cost < bcrypt.MinCost || s.cost > maxBCryptCost {
		return "", fmt.Errorf("password: %s: cost %d is out of range", s.algorithm, s.cost)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(key), s.cost)
	if err != nil {
		return "", fmt.Errorf("password: %s: %w", s.algorithm, err)
	}
	return string(hash), nil
}

// bcryptFormat matches the cost, 22 characters of salt, whose last holds two
// bits, and 31 characters of digest.
var bcryptFormat = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}$`)

// parse splits off bcrypt's own encoding, which x/crypto checks loosely, and
// reads its cost.
func (s bcryptScheme) parse(encoded string) (hash string, cost int, ok bool) {
	hash, found := strings.CutPrefix(encoded, s.algorithm+"$")
	if !found && s.algorithm == (BCrypt{}).Algorithm() {
		hash, found = encoded, true // bare, if it matches
	}
	match := bcryptFormat.FindStringSubmatch(hash)
	if !found || match == nil {
		return "", 0, false
	}
	cost, err := strconv.Atoi(match[1])
	return hash, cost, err == nil && cost >= bcrypt.MinCost && cost <= maxBCryptCost
}

func (s bcryptScheme) verify(key, encoded string) bool {
	hash, _, ok := s.parse(encoded)
	return ok && bcrypt.CompareHashAndPassword([]byte(hash), []byte(key)) == nil
}

func (s bcryptScheme) mustUpdate(encoded string) bool {
	_, cost, ok := s.parse(encoded)
	return !ok || strength{s.cost}.replaces(strength{cost}, false)
}

func (s bcryptScheme) wellFormed(encoded string) bool {
	_, _, ok := s.parse(encoded)
	return ok
}

// rounds returns the number of rounds of a new hash.
func (s bcryptScheme) rounds() uint64 { return 1 << max(0, s.cost) }

// harden hashes once at each cost from that of encoded up to the one before the
// scheme's: 2^n + ... + 2^(m-1) = 2^m - 2^n.
func (s bcryptScheme) harden(encoded string) {
	_, cost, ok := s.parse(encoded)
	if !ok {
		return
	}
	for ; cost < min(s.cost, maxBCryptCost+1); cost++ {
		_, _ = bcrypt.GenerateFromPassword([]byte(decoyPassword), cost)
	}
}
