package password

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

const (
	scryptDigest    = 64      // bytes
	scryptLanesMax  = 64      // for the block size and the parallelism
	scryptMemoryMax = 1 << 23 // work factor times block size, in units of 128 bytes: 1 GiB
	scryptWorkMax   = 1 << 24 // times parallelism: a few seconds
)

// Scrypt is Django's ScryptPasswordHasher:
//
//	scrypt$<work factor>$<salt>$<block size>$<parallelism>$<base64 digest>
//
// The default parameters make 128 characters, which is all that Django's column
// holds. A work factor over 65536 or a parallelism over 9 makes more.
//
// Out of range are: a WorkFactor that is not a power of two, a BlockSize or
// Parallelism over 64, more than 1 GiB of memory (128 bytes times WorkFactor
// times BlockSize), and over 2**24 for the product of the three.
type Scrypt struct {
	WorkFactor  int // N; default: 2**14
	BlockSize   int // r; default: 8
	Parallelism int // p; default: 5
}

var _ interface {
	Hasher
	decoder
	measured
} = Scrypt{}

// Algorithm implements [Hasher].
func (Scrypt) Algorithm() string { return "scrypt" }

// Encode implements [Hasher].
func (h Scrypt) Encode(password string) (string, error) {
	params := h.withDefaults()
	if !params.inRange() {
		return "", fmt.Errorf("password: scrypt: N=%d,r=%d,p=%d is out of range",
			params.WorkFactor, params.BlockSize, params.Parallelism)
	}
	salt := newSalt()
	return params.hash(password, salt)
}

// Verify implements [Hasher].
func (h Scrypt) Verify(password, encoded string) bool {
	params, salt, ok := parseScrypt(encoded)
	if !ok {
		return false
	}
	again, err := params.hash(password, salt)
	return err == nil && sameHash(again, encoded)
}

// MustUpdate implements [Hasher]. Unlike Django it also checks the salt.
func (h Scrypt) MustUpdate(encoded string) bool {
	params, salt, ok := parseScrypt(encoded)
	return !ok || h.withDefaults().strength().replaces(params.strength(), weakSalt(salt))
}

func (h Scrypt) wellFormed(encoded string) bool {
	_, _, ok := parseScrypt(encoded)
	return ok
}

// harden does the missing work with the largest work factors that fit into it.
// Django leaves this out.
func (h Scrypt) harden(encoded string) {
	params, salt, ok := parseScrypt(encoded)
	want := h.withDefaults()
	if !ok || !want.inRange() {
		return
	}
	missing := want.total() - params.total()
	for n := want.WorkFactor; n > 1; n /= 2 {
		if p := missing / (n * want.BlockSize); p > 0 {
			_, _ = Scrypt{n, want.BlockSize, p}.hash(decoyPassword, salt)
			missing -= p * n * want.BlockSize
		}
	}
}

func (h Scrypt) withDefaults() Scrypt {
	return Scrypt{cmp.Or(h.WorkFactor, 1<<14), cmp.Or(h.BlockSize, 8), cmp.Or(h.Parallelism, 5)}
}

func (h Scrypt) strength() strength { return strength{h.WorkFactor, h.BlockSize, h.Parallelism} }

func (h Scrypt) work() uint64 { return uint64(h.withDefaults().total()) }

func (h Scrypt) like(encoded string) measured {
	if params, _, ok := parseScrypt(encoded); ok {
		return params
	}
	return nil
}

// total returns the number that the time of a hash is proportional to.
func (h Scrypt) total() int { return h.WorkFactor * h.BlockSize * h.Parallelism }

func (h Scrypt) inRange() bool {
	n, r, p := h.WorkFactor, h.BlockSize, h.Parallelism
	return n > 1 && n&(n-1) == 0 && r >= 1 && r <= scryptLanesMax && p >= 1 && p <= scryptLanesMax &&
		n <= scryptMemoryMax/r && h.total() <= scryptWorkMax
}

// hash returns the encoded hash of password with the parameters h and the given
// salt.
func (h Scrypt) hash(password, salt string) (string, error) {
	key, err := scrypt.Key([]byte(password), []byte(salt), h.WorkFactor, h.BlockSize, h.Parallelism, scryptDigest)
	if err != nil {
		return "", fmt.Errorf("password: scrypt: %w", err)
	}
	return h.format(salt, base64.StdEncoding.EncodeToString(key)), nil
}

func (h Scrypt) format(salt, digest string) string {
	return fmt.Sprintf("scrypt$%d$%s$%d$%d$%s", h.WorkFactor, salt, h.BlockSize, h.Parallelism, digest)
}

// parseScrypt reads the parameters and the salt of an encoded hash. It accepts
// only the spelling that format writes.
func parseScrypt(encoded string) (params Scrypt, salt string, ok bool) {
	part := strings.Split(encoded, "$")
	if len(part) != 6 || part[2] == "" || len(part[5]) != base64.StdEncoding.EncodedLen(scryptDigest) {
		return Scrypt{}, "", false
	}
	n, errN := strconv.Atoi(part[1])
	r, errR := strconv.Atoi(part[3])
	p, errP := strconv.Atoi(part[4])
	params = Scrypt{n, r, p}
	ok = errN == nil && errR == nil && errP == nil && params.inRange() && params.format(part[2], part[5]) == encoded
	return params, part[2], ok
}
