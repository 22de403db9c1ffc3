package password

import (
	"crypto/subtle"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/refusal"
)

// MaxBytes is the length, in bytes, of the longest password that is hashed or
// checked. A longer one is refused before any hashing, whatever the account
// holds, so its refusal reveals nothing about the account.
const MaxBytes = 4096

// ErrTooLong reports that a password is longer than [MaxBytes], or than the
// hasher takes (see [BCrypt]).
var ErrTooLong error = &refusal.Error{
	Text: "password: password too long", Status: 400, Code: "password_too_long", Detail: "This password is too long.",
}

// Hasher is one of Django's password formats (BasePasswordHasher). The hashers
// of this package are plain values and safe for concurrent use. Their zero
// values have Django's parameters, except that [Argon2] has OWASP's.
type Hasher interface {
	// Algorithm returns the text before the first '$' of the stored value, such
	// as "pbkdf2_sha256".
	Algorithm() string
	// Encode hashes password with a fresh random salt. It fails if the hasher's
	// parameters are out of range or if the password cannot be represented (see
	// [BCrypt]).
	Encode(password string) (string, error)
	// Verify reports whether encoded is the hash of password, comparing in
	// constant time. It is false for anything malformed or with parameters over
	// the format's limits, so a row of the database can neither panic nor
	// exhaust the server.
	Verify(password, encoded string) bool
	// MustUpdate reports whether encoded should be replaced by a new hash: the
	// new one would take more work or memory or, where Django makes the salt,
	// encoded has less than 128 bits of it. Unlike in Django (must_update) it is
	// false if the new hash would be weaker in any parameter; a hasher of the
	// application's own must keep to that, too. It is true for anything
	// malformed.
	MustUpdate(encoded string) bool
}

// A decoder is a Hasher that can distinguish a value that is not a hash of its
// format, for which Verify does no work, from the hash of another password.
type decoder interface {
	wellFormed(encoded string) bool
}

// formats holds the algorithms of this package. A type of the application's own
// that embeds a hasher inherits its unexported methods, which know only these.
var formats = func() map[string]bool {
	names := map[string]bool{}
	ours := Hashers{PBKDF2SHA256{}, PBKDF2SHA1{}, Argon2{}, BCryptSHA256{}, BCrypt{}, Scrypt{}}
	for _, h := range append(ours, legacyHashers...) {
		names[h.Algorithm()] = true
	}
	return names
}()

// A partial hasher may verify a password although the hash depends on a part of
// it only.
type partial interface {
	covers(password string) bool // the hash would depend on all of password
}

// A measured hasher can tell how much work a hash is, and do the work that
// another hash spares.
type measured interface {
	Hasher
	// work returns the work of one hash with the hasher's own parameters, in a
	// unit of the algorithm's own.
	work() uint64
	// like returns the hasher with the parameters of encoded, or nil if encoded
	// is malformed.
	like(encoded string) measured
	// harden does the work that Verify spares on encoded if encoded is well
	// formed and has weaker parameters than the hasher
	// (BasePasswordHasher.harden_runtime).
	harden(encoded string)
}

// Hashers is Django's PASSWORD_HASHERS: the first makes new hashes, all of them
// verify. Of two with the same algorithm the first counts. An empty list makes
// no hashes and refuses every password.
type Hashers []Hasher

// DefaultHashers returns the algorithms of Django's default setting, with
// Argon2 in front of PBKDF2.
func DefaultHashers() Hashers {
	return Hashers{Argon2{}, PBKDF2SHA256{}, PBKDF2SHA1{}, BCryptSHA256{}, Scrypt{}}
}

// MakePassword hashes password with the first hasher, for storage (Django's
// make_password). It hashes the empty password like any other; see
// [MakeUnusable] for an account without a password. The error wraps
// [ErrTooLong] if the password is too long.
func (h Hashers) MakePassword(password string) (string, error) {
	if len(h) == 0 {
		return "", errors.New("password: Hashers is empty")
	}
	if len(password) > MaxBytes {
		return "", ErrTooLong
	}
	return h[0].Encode(password)
}

// CheckPassword reports whether encoded is the hash of password (Django's
// check_password). If it is, upgrade reports whether the hash should be
// rewritten with [Hashers.MakePassword], because it has another algorithm than
// the first hasher, weaker parameters, or another weakness that the new hash
// would not have. A hash of the first hasher's algorithm is never rewritten
// with a parameter that is lower, as Django would do: a Django that has been
// upgraded may have made it. A rewrite that fails need not fail the login.
//
// A failed check takes the time of one check with the first hasher when encoded
//
//   - is empty, unusable, malformed or of an unknown algorithm, so passing ""
//     stands in for a user that does not exist;
//   - is of the first hasher's algorithm, even if made with weaker parameters.
//
// As in Django, the time is not equalized for a hash of the first algorithm
// with stronger parameters, nor for one of another algorithm: these take their
// own time. [Checker] equalizes it for both. A first hasher of the
// application's own type spends the time of its Encode on unknown values, but
// nothing more on weak or malformed hashes.
func (h Hashers) CheckPassword(password, encoded string) (ok, upgrade bool) {
	if len(h) == 0 {
		return false, false
	}
	ok = h.verify(password, encoded, h[0])
	return ok, ok && h.outdated(password, encoded)
}

// verify reports whether encoded is the hash of password. If not, it takes the
// time of one check with the hasher floor when encoded is of no known algorithm
// or of floor's, with weaker parameters than floor's.
func (h Hashers) verify(password, encoded string, floor Hasher) bool {
	if len(password) > MaxBytes {
		return false
	}
	hasher := h.identify(encoded)
	if hasher == nil {
		// Not the given password: one that the hasher rejects would be refused
		// in no time.
		_, _ = floor.Encode(decoyPassword)
		return false
	}
	if hasher.Verify(password, encoded) {
		return true
	}
	if m, can := floor.(measured); can && hasher.Algorithm() == floor.Algorithm() {
		m.harden(encoded)
	}
	return false
}

// outdated reports whether a hash that has verified a password should be
// replaced by one of the first hasher. A hash of a part of the password stays:
// the rest may be mistyped, and the new hash would demand it.
func (h Hashers) outdated(password, encoded string) bool {
	hasher := h.identify(encoded)
	if p, can := hasher.(partial); can && formats[hasher.Algorithm()] && !p.covers(password) {
		return false
	}
	return hasher.Algorithm() != h[0].Algorithm() || h[0].MustUpdate(encoded)
}

// decoyPassword is hashed where there is nothing to compare with and only the
// time matters. Every hasher accepts it.
const decoyPassword = "no account has this password, it only takes time"

// identify returns the hasher that made encoded, or nil (Django's
// identify_hasher).
func (h Hashers) identify(encoded string) Hasher {
	if !IsUsable(encoded) {
		return nil
	}
	algorithm := algorithmOf(encoded)
	for _, hasher := range h {
		if hasher.Algorithm() != algorithm {
			continue
		}
		if d, can := hasher.(decoder); can && formats[algorithm] && !d.wellFormed(encoded) {
			return nil
		}
		return hasher
	}
	return nil
}

// algorithmOf returns the algorithm of encoded. Django's first releases stored
// bare MD5 hashes, and MD5 and SHA-1 hashes with an empty salt; these are
// recognized by their length. Bare hashes of bcrypt are other software's.
func algorithmOf(encoded string) string {
	switch {
	case len(encoded) == 32 && !strings.Contains(encoded, "$"),
		len(encoded) == 37 && strings.HasPrefix(encoded, "md5$$"):
		return legacyUnsaltedMD5{}.Algorithm()
	case len(encoded) == 46 && strings.HasPrefix(encoded, "sha1$$"):
		return legacyUnsaltedSHA1{}.Algorithm()
	case strings.HasPrefix(encoded, "$2"):
		return BCrypt{}.Algorithm()
	}
	algorithm, _, _ := strings.Cut(encoded, "$")
	return algorithm
}

const (
	unusablePrefix = "!"
	unusableLength = 40
)

// MakeUnusable returns a value that no password matches: "!" and 40 random
// characters. They keep the value unguessable where other secrets are derived
// from it, such as the links that reset a password.
func MakeUnusable() string { return unusablePrefix + random.Alphanumeric(unusableLength) }

// IsUsable reports whether encoded was not made by [MakeUnusable]. As in Django
// it reports no more than that: it is also true for an empty or malformed
// value.
func IsUsable(encoded string) bool {
	return !strings.HasPrefix(encoded, unusablePrefix)
}

// saltLength is the smallest number of letters and digits that hold 128 bits.
const saltLength = 22

// newSalt returns a salt as Django makes it (BasePasswordHasher.salt).
func newSalt() string { return random.Alphanumeric(saltLength) }

// weakSalt is Django's must_update_salt: it counts characters of any kind.
func weakSalt(salt string) bool {
	return utf8.RuneCountInString(salt) < saltLength
}

// sameHash compares two encoded hashes in constant time.
func sameHash(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
