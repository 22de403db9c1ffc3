package password

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	argon2ID = "argon2id"
	argon2I  = "argon2i"

	argon2SaltMin   = 8  // bytes, the minimum of the reference library
	argon2DigestMin = 4  // bytes, the minimum of the reference library
	argon2DigestOld = 16 // bytes, the length of argon2-cffi before 21.2
	argon2Digest    = 32 // bytes, its length since, and ours
	argon2DigestMax = 64 // bytes, more than fits into the column of the user model

	argon2MemoryMax = 1 << 20 // KiB, so 1 GiB
	argon2TimeMax   = 64      // passes
	argon2WorkMax   = 4 << 20 // memory times passes, in KiB: a few seconds
)

// Argon2 is Django's Argon2PasswordHasher with the parameters that OWASP
// recommends. Django's own are Argon2{Memory: 102400, Time: 2, Parallelism: 8}.
// The format is that of the reference library:
//
//	argon2$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<base64 salt>$<base64 digest>
//
// New hashes are argon2id, version 19, with a digest of 32 bytes. It verifies:
//
//   - argon2id, and argon2i of Django before 3.2;
//   - version 19 and version 16, which was current until 2016, including its
//     older spelling without "v=16$";
//   - digests of 4 to 64 bytes.
//
// It does not verify argon2d, which Django has never written: such a hash
// counts as malformed.
//
// A digest of 16 bytes is not replaced for its length alone, because a Django
// with an old argon2-cffi and ginauth would otherwise rewrite each other's
// hashes.
//
// Out of range are: Memory below 8 KiB for each lane or over 1 GiB, Time over
// 64, and Memory times Time over 4 GiB. Each hash or check holds its memory
// until it is done; the caller must bound how many run at once.
type Argon2 struct {
	Memory      uint32 // KiB; default: 19456
	Time        uint32 // passes over the memory; default: 2
	Parallelism uint8  // lanes; default: 1
}

var _ interface {
	Hasher
	decoder
	measured
} = Argon2{}

// Algorithm implements [Hasher].
func (Argon2) Algorithm() string { return "argon2" }

// Encode implements [Hasher].
func (h Argon2) Encode(password string) (string, error) {
	params := h.withDefaults()
	if !params.inRange() {
		return "", fmt.Errorf("password: argon2: m=%d,t=%d,p=%d is out of range",
			params.Memory, params.Time, params.Parallelism)
	}
	salt := newSalt()
	hash := argon2Hash{
		variety: argon2ID, version: argon2Version, params: params, salt: []byte(salt), size: argon2Digest,
	}
	return hash.encode(password), nil
}

// Verify implements [Hasher].
func (h Argon2) Verify(password, encoded string) bool {
	hash, ok := parseArgon2(encoded)
	return ok && sameHash(hash.encode(password), encoded)
}

// MustUpdate implements [Hasher]. Unlike Django it ignores the parallelism, as
// it does not change the work of an attacker.
func (h Argon2) MustUpdate(encoded string) bool {
	hash, ok := parseArgon2(encoded)
	flawed := hash.variety != argon2ID || hash.version != argon2Version ||
		len(hash.salt) < saltLength || hash.size < argon2DigestOld
	return !ok || h.withDefaults().strength().replaces(hash.params.strength(), flawed)
}

func (h Argon2) wellFormed(encoded string) bool {
	_, ok := parseArgon2(encoded)
	return ok
}

// harden fills the blocks that encoded lacks, in as many passes as the
// configured memory needs. Django leaves this out. It is approximate, because
// lanes run in parallel and the first pass costs a little more than the others.
func (h Argon2) harden(encoded string) {
	hash, ok := parseArgon2(encoded)
	want := h.withDefaults()
	if !ok || !want.inRange() || hash.params.blocks() >= want.blocks() {
		return
	}
	missing := want.blocks() - hash.params.blocks()
	passes := (missing + uint64(want.Memory) - 1) / uint64(want.Memory)
	memory := uint32(missing / passes)
	argon2.IDKey([]byte(decoyPassword), hash.salt, uint32(passes), memory, want.Parallelism, argon2Digest)
}

func (h Argon2) withDefaults() Argon2 {
	return Argon2{cmp.Or(h.Memory, 19456), cmp.Or(h.Time, 2), cmp.Or(h.Parallelism, 1)}
}

func (h Argon2) strength() strength { return strength{int(h.Memory), int(h.Time)} }

func (h Argon2) work() uint64 { return h.withDefaults().blocks() }

func (h Argon2) like(encoded string) measured {
	if hash, ok := parseArgon2(encoded); ok {
		return hash.params
	}
	return nil
}

// blocks returns the number of blocks of 1 KiB that a hash fills.
func (h Argon2) blocks() uint64 { return uint64(h.Memory) * uint64(h.Time) }

func (h Argon2) inRange() bool {
	return h.Parallelism >= 1 && h.Time >= 1 && h.Time <= argon2TimeMax &&
		h.Memory >= 8*uint32(h.Parallelism) && h.Memory <= argon2MemoryMax && h.blocks() <= argon2WorkMax
}

// argon2Hash holds all parts of an encoded hash except its digest.
type argon2Hash struct {
	variety string // argon2ID or argon2I
	version uint32 // argon2Version or argon2Old
	silent  bool   // the version is not written, as before there was a second one
	params  Argon2
	salt    []byte
	size    uint32 // of the digest, in bytes
}

// parseArgon2 reads an encoded hash. It accepts only the spelling that format
// writes.
func parseArgon2(encoded string) (hash argon2Hash, ok bool) {
	part := strings.Split(encoded, "$")
	switch {
	case len(part) == 5:
		hash.version, hash.silent = argon2Old, true
		part = slices.Insert(part, 2, "")
	case len(part) != 6:
		return argon2Hash{}, false
	case part[2] == "v=16":
		hash.version = argon2Old
	default: // format never writes another
		hash.version = argon2Version
	}
	p := &hash.params
	_, errParams := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Parallelism)
	salt, errSalt := base64.RawStdEncoding.DecodeString(part[4])
	digest, errDigest := base64.RawStdEncoding.DecodeString(part[5])
	if errParams != nil || errSalt != nil || errDigest != nil {
		return argon2Hash{}, false
	}
	hash.variety, hash.salt, hash.size = part[1], salt, uint32(len(digest))
	return hash, hash.inRange() && hash.format(digest) == encoded
}

func (a argon2Hash) inRange() bool {
	return (a.variety == argon2ID || a.variety == argon2I) && a.params.inRange() &&
		len(a.salt) >= argon2SaltMin && a.size >= argon2DigestMin && a.size <= argon2DigestMax
}

// encode returns the encoded hash of password.
func (a argon2Hash) encode(password string) string {
	p := a.params
	switch {
	case a.version == argon2Old:
		return a.format(argon2Key([]byte(password), a))
	case a.variety == argon2I:
		return a.format(argon2.Key([]byte(password), a.salt, p.Time, p.Memory, p.Parallelism, a.size))
	}
	return a.format(argon2.IDKey([]byte(password), a.salt, p.Time, p.Memory, p.Parallelism, a.size))
}

func (a argon2Hash) format(digest []byte) string {
	version := ""
	if !a.silent {
		version = fmt.Sprintf("v=%d$", a.version)
	}
	p, b64 := a.params, base64.RawStdEncoding
	return fmt.Sprintf("argon2$%s$%sm=%d,t=%d,p=%d$%s$%s", a.variety, version,
		p.Memory, p.Time, p.Parallelism, b64.EncodeToString(a.salt), b64.EncodeToString(digest))
}
