package accesstoken

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/models"
)

// An access token is
//
//	gat1_<id: 12><secret: 32><checksum: 6>
//
// in letters and digits: the application's prefix, the version of the format,
// an id that is not secret, 190 random bits, and the CRC-32 of all that
// precedes it, in base 62. The checksum does not protect anything. It lets a
// scanner tell tokens from similar texts without a query, as with GitHub's
// tokens.
const (
	tokenSecretLength   = 32
	tokenChecksumLength = 6
	tokenBodyLength     = djangoschema.TokenIDLength + tokenSecretLength + tokenChecksumLength
	tokenVersion        = "1_"
	maxTokenPrefix      = 20
	maxTokenLength      = maxTokenPrefix + len(tokenVersion) + tokenBodyLength
)

const tokenPrefixPlugin = "ginauth:token_prefixes"

const prefixesReaders = "accesstoken.Of or policies.AccessToken"

// Prefixes are the prefixes of an application's access tokens, by which
// people and scanners recognise them. It is a GORM plugin:
//
//	err := db.Use(accesstoken.Prefixes{"acme"}) // acme1_...
//
// New tokens get the first prefix; tokens with one of the others stay valid.
// Default: "gat". A prefix has 2 to 20 letters.
type Prefixes []string

// Name returns the plugin's name.
func (Prefixes) Name() string { return tokenPrefixPlugin }

// Initialize rejects an empty list, invalid prefixes, and a list that comes too
// late.
func (p Prefixes) Initialize(db *gorm.DB) error {
	if len(p) == 0 {
		return errors.New("accesstoken: Prefixes is empty")
	}
	for _, prefix := range p {
		if !isTokenPrefix(prefix) {
			return fmt.Errorf("accesstoken: a prefix of access tokens is 2 to %d letters, not %q",
				maxTokenPrefix, prefix)
		}
	}
	return setting.Late(db, tokenPrefixPlugin, "accesstoken: Prefixes", prefixesReaders)
}

func isTokenPrefix(text string) bool {
	notLetter := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }
	return len(text) >= 2 && len(text) <= maxTokenPrefix && !strings.ContainsFunc(text, notLetter)
}

func tokenPrefixesOf(db *gorm.DB) Prefixes {
	if p, ok := setting.Of[Prefixes](db, tokenPrefixPlugin); ok {
		return p
	}
	return Prefixes{"gat"}
}

// Pattern returns a regular expression by which scanners find tokens with these
// prefixes, in the common syntax of RE2 and PCRE. Without prefixes it finds
// tokens with any. [ParseID] confirms a match.
func (p Prefixes) Pattern() string {
	alternatives := "[A-Za-z]{2,20}"
	if len(p) > 0 {
		alternatives = "(?:" + strings.Join(p, "|") + ")"
	}
	return fmt.Sprintf(`\b%s%s[0-9A-Za-z]{%d}\b`, alternatives, tokenVersion, tokenBodyLength)
}

// ParseID reports whether a text has the format of an access
// token with any prefix and the right checksum. It returns the token's id, by
// which it can be revoked. It makes no query, so it does not know whether the
// token exists.
func ParseID(text string) (id string, ok bool) {
	if len(text) > maxTokenLength {
		return "", false
	}
	prefix, body, found := strings.Cut(text, tokenVersion)
	if !found || !isTokenPrefix(prefix) || len(body) != tokenBodyLength || !isBase62(body) {
		return "", false
	}
	end := len(text) - tokenChecksumLength
	if tokenChecksum(text[:end]) != [tokenChecksumLength]byte([]byte(text[end:])) {
		return "", false
	}
	return body[:djangoschema.TokenIDLength], true
}

// recognises reports whether a text begins with one of the prefixes and a
// version of the format.
func (p Prefixes) recognises(text string) bool {
	const maxDigits = 4
	for _, prefix := range p {
		rest, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		digits := 0
		for digits < min(len(rest), maxDigits) && '0' <= rest[digits] && rest[digits] <= '9' {
			digits++
		}
		if digits > 0 && digits < len(rest) && rest[digits] == '_' {
			return true
		}
	}
	return false
}

// newTokenSecret returns the text of a new token with that id.
func newTokenSecret(prefix, id string) models.Secret {
	text := prefix + tokenVersion + id + random.Alphanumeric(tokenSecretLength)
	sum := tokenChecksum(text)
	return models.Secret(text + string(sum[:]))
}

const base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func isBase62(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// tokenChecksum returns the CRC-32 of IEEE 802.3 in base 62, the most
// significant digit first.
func tokenChecksum(text string) (digits [tokenChecksumLength]byte) {
	crc := crc32.ChecksumIEEE([]byte(text))
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62Digits[crc%62]
		crc /= 62
	}
	return digits
}

// The prefix of a stored digest says how it was made.
const (
	tokenSHA256 = "sha256$" // of the whole token; those made here, and DRF's
	tokenSHA512 = "sha512$" // knox's
)

// tokenDigest returns the stored digest of a token. The secret is random, so a
// fast hash protects it as well as a slow one.
func tokenDigest(token string) string {
	var buf [maxTokenLength]byte
	text := append(buf[:0], token...) // does not leave the stack
	sum := sha256.Sum256(text)
	var digest [len(tokenSHA256) + 2*sha256.Size]byte
	copy(digest[:], tokenSHA256)
	hex.Encode(digest[len(tokenSHA256):], sum[:])
	return string(digest[:])
}
