package password

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// The hashers in this file are for databases that hold such hashes, never for
// new ones: a stolen table of them is read in minutes. Put them at the end of
// [Hashers]; CheckPassword then asks for an upgrade at the first login.

// SHA1 is Django's SHA1PasswordHasher: one round of salted SHA-1. Only for old
// hashes.
//
//	sha1$<salt>$<hexadecimal digest>
type SHA1 struct{}

// MD5 is Django's MD5PasswordHasher: one round of salted MD5. Only for old
// hashes.
//
//	md5$<salt>$<hexadecimal digest>
type MD5 struct{}

// UnsaltedSHA1 is Django's UnsaltedSHA1PasswordHasher, without any salt. Only
// for old hashes.
//
//	sha1$$<hexadecimal digest>
type UnsaltedSHA1 struct{}

// UnsaltedMD5 is Django's UnsaltedMD5PasswordHasher: the hexadecimal digest of
// 32 characters and nothing else. It also verifies the form md5$$<hexadecimal
// digest>. Only for old hashes.
type UnsaltedMD5 struct{}

var _, _, _, _ interface {
	Hasher
	decoder
} = SHA1{}, MD5{}, UnsaltedSHA1{}, UnsaltedMD5{}

// Algorithm implements [Hasher].
func (SHA1) Algorithm() string { return "sha1" }

// Algorithm implements [Hasher].
func (MD5) Algorithm() string { return "md5" }

// Algorithm implements [Hasher]. Stored values do not contain it; they are
// recognized by their length.
func (UnsaltedSHA1) Algorithm() string { return "unsalted_sha1" }

// Algorithm implements [Hasher]. Stored values do not contain it; they are
// recognized by their length.
func (UnsaltedMD5) Algorithm() string { return "unsalted_md5" }

// Encode implements [Hasher].
func (SHA1) Encode(password string) (string, error) { return saltedSHA1.encode(password) }

// Encode implements [Hasher].
func (MD5) Encode(password string) (string, error) { return saltedMD5.encode(password) }

// Encode implements [Hasher], but without a salt.
func (UnsaltedSHA1) Encode(password string) (string, error) {
	return unsaltedSHA1Prefix + hexSHA1(password), nil
}

// Encode implements [Hasher], but without a salt.
func (UnsaltedMD5) Encode(password string) (string, error) { return hexMD5(password), nil }

// Verify implements [Hasher].
func (SHA1) Verify(password, encoded string) bool { return saltedSHA1.verify(password, encoded) }

// Verify implements [Hasher].
func (MD5) Verify(password, encoded string) bool { return saltedMD5.verify(password, encoded) }

// Verify implements [Hasher].
func (UnsaltedSHA1) Verify(password, encoded string) bool {
	return sameHash(unsaltedSHA1Prefix+hexSHA1(password), encoded)
}

// Verify implements [Hasher].
func (UnsaltedMD5) Verify(password, encoded string) bool {
	return sameHash(hexMD5(password), strings.TrimPrefix(encoded, unsaltedMD5Prefix))
}

// MustUpdate implements [Hasher].
func (SHA1) MustUpdate(encoded string) bool { return saltedSHA1.mustUpdate(encoded) }

// MustUpdate implements [Hasher].
func (MD5) MustUpdate(encoded string) bool { return saltedMD5.mustUpdate(encoded) }

// MustUpdate implements [Hasher]. There are no parameters that could differ.
func (h UnsaltedSHA1) MustUpdate(encoded string) bool { return !h.wellFormed(encoded) }

// MustUpdate implements [Hasher]. There are no parameters that could differ.
func (h UnsaltedMD5) MustUpdate(encoded string) bool { return !h.wellFormed(encoded) }

func (SHA1) wellFormed(encoded string) bool { return saltedSHA1.wellFormed(encoded) }
func (MD5) wellFormed(encoded string) bool  { return saltedMD5.wellFormed(encoded) }

func (UnsaltedSHA1) wellFormed(encoded string) bool {
	digest, found := strings.CutPrefix(encoded, unsaltedSHA1Prefix)
	return found && isHex(digest, sha1.Size)
}

func (UnsaltedMD5) wellFormed(encoded string) bool {
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
	saltedSHA1 = saltedDigest{SHA1{}.Algorithm(), hexSHA1, sha1.Size}
	saltedMD5  = saltedDigest{MD5{}.Algorithm(), hexMD5, md5.Size}
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
