package password

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// Legacy returns the hasher of one of Django's old formats, for databases that
// hold such hashes, never for new ones: a stolen table of them is read in
// minutes. Put it at the end of [Hashers]; CheckPassword then asks for an
// upgrade at the first login. It panics if it does not know the algorithm,
// which is one of
//
//	"sha1"            sha1$<salt>$<hexadecimal digest>    SHA1PasswordHasher
//	"md5"             md5$<salt>$<hexadecimal digest>     MD5PasswordHasher
//	"unsalted_sha1"   sha1$$<hexadecimal digest>          UnsaltedSHA1PasswordHasher
//	"unsalted_md5"    <hexadecimal digest>                UnsaltedMD5PasswordHasher
//
// each with one round of the hash function. The last also verifies the form
// md5$$<hexadecimal digest>.
func Legacy(algorithm string) Hasher {
	for _, h := range legacyHashers {
		if h.Algorithm() == algorithm {
			return h
		}
	}
	panic(`password: Legacy: the algorithm is "sha1", "md5", "unsalted_sha1" or "unsalted_md5", not "` +
		algorithm + `"`)
}

var legacyHashers = []Hasher{legacySHA1{}, legacyMD5{}, legacyUnsaltedSHA1{}, legacyUnsaltedMD5{}}

type (
	legacySHA1         struct{}
	legacyMD5          struct{}
	legacyUnsaltedSHA1 struct{} // without any salt
	legacyUnsaltedMD5  struct{} // without any salt
)

var _, _, _, _ interface {
	Hasher
	decoder
} = legacySHA1{}, legacyMD5{}, legacyUnsaltedSHA1{}, legacyUnsaltedMD5{}

// Algorithm implements [Hasher].
func (legacySHA1) Algorithm() string { return "sha1" }

// Algorithm implements [Hasher].
func (legacyMD5) Algorithm() string { return "md5" }

// Algorithm implements [Hasher]. Stored values do not contain it; they are
// recognized by their length.
func (legacyUnsaltedSHA1) Algorithm() string { return "unsalted_sha1" }

// Algorithm implements [Hasher]. Stored values do not contain it; they are
// recognized by their length.
func (legacyUnsaltedMD5) Algorithm() string { return "unsalted_md5" }

// Encode implements [Hasher].
func (legacySHA1) Encode(password string) (string, error) { return saltedSHA1.encode(password) }

// Encode implements [Hasher].
func (legacyMD5) Encode(password string) (string, error) { return saltedMD5.encode(password) }

// Encode implements [Hasher], but without a salt.
func (legacyUnsaltedSHA1) Encode(password string) (string, error) {
	return unsaltedSHA1Prefix + hexSHA1(password), nil
}

// Encode implements [Hasher], but without a salt.
func (legacyUnsaltedMD5) Encode(password string) (string, error) { return hexMD5(password), nil }

// Verify implements [Hasher].
func (legacySHA1) Verify(password, encoded string) bool { return saltedSHA1.verify(password, encoded) }

// Verify implements [Hasher].
func (legacyMD5) Verify(password, encoded string) bool { return saltedMD5.verify(password, encoded) }

// Verify implements [Hasher].
func (legacyUnsaltedSHA1) Verify(password, encoded string) bool {
	return sameHash(unsaltedSHA1Prefix+hexSHA1(password), encoded)
}

// Verify implements [Hasher].
func (legacyUnsaltedMD5) Verify(password, encoded string) bool {
	return sameHash(hexMD5(password), strings.TrimPrefix(encoded, unsaltedMD5Prefix))
}

// MustUpdate implements [Hasher].
func (legacySHA1) MustUpdate(encoded string) bool { return saltedSHA1.mustUpdate(encoded) }

// MustUpdate implements [Hasher].
func (legacyMD5) MustUpdate(encoded string) bool { return saltedMD5.mustUpdate(encoded) }

// MustUpdate implements [Hasher]. There are no parameters that could differ.
func (h legacyUnsaltedSHA1) MustUpdate(encoded string) bool { return !h.wellFormed(encoded) }

// MustUpdate implements [Hasher]. There are no parameters that could differ.
func (h legacyUnsaltedMD5) MustUpdate(encoded string) bool { return !h.wellFormed(encoded) }

func (legacySHA1) wellFormed(encoded string) bool { return saltedSHA1.wellFormed(encoded) }
func (legacyMD5) wellFormed(encoded string) bool  { return saltedMD5.wellFormed(encoded) }

func (legacyUnsaltedSHA1) wellFormed(encoded string) bool {
	digest, found := strings.CutPrefix(encoded, unsaltedSHA1Prefix)
	return found && isHex(digest, sha1.Size)
}

func (legacyUnsaltedMD5) wellFormed(encoded string) bool {
	return isHex(strings.TrimPrefix(encoded, unsaltedMD5Prefix), md5.Size)
}

const (
	unsaltedSHA1Prefix = "sha1$$"
	unsaltedMD5Prefix  = "md5$$"
)

// saltedDigest is one round of a hash function over salt and password.
type saltedDigest struct {
	algorithm string
	digest    func(text string) string // in hexadecimal
	size      int                      // of the digest, in bytes
}

var (
	saltedSHA1 = saltedDigest{legacySHA1{}.Algorithm(), hexSHA1, sha1.Size}
	saltedMD5  = saltedDigest{legacyMD5{}.Algorithm(), hexMD5, md5.Size}
)

func hexSHA1(text string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(text))) }
func hexMD5(text string) string  { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }

// isHex reports whether text is the hexadecimal digest of size bytes.
func isHex(text string, size int) bool {
	digest, err := hex.DecodeString(text)
	return err == nil && len(digest) == size
}

func (s saltedDigest) encode(password string) (string, error) {
	salt := newSalt()
	return s.hash(password, salt), nil
}

func (s saltedDigest) hash(password, salt string) string {
	return s.algorithm + "$" + salt + "$" + s.digest(salt+password)
}

func (s saltedDigest) parse(encoded string) (salt string, ok bool) {
	part := strings.Split(encoded, "$")
	if len(part) != 3 || part[0] != s.algorithm || part[1] == "" || !isHex(part[2], s.size) {
		return "", false
	}
	return part[1], true
}

func (s saltedDigest) verify(password, encoded string) bool {
	salt, ok := s.parse(encoded)
	return ok && sameHash(s.hash(password, salt), encoded)
}

func (s saltedDigest) mustUpdate(encoded string) bool {
	salt, ok := s.parse(encoded)
	return !ok || weakSalt(salt)
}

func (s saltedDigest) wellFormed(encoded string) bool {
	_, ok := s.parse(encoded)
	return ok
}
