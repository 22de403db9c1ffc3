// Package djangosigning reads and writes what Django signs: the texts of
// django.core.signing.dumps, and the JSON object of a session.
package djangosigning

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

var errBadSignature = errors.New("djangosigning: bad signature")

// Signer writes and reads the texts of django.core.signing.dumps with one salt:
// "<payload>:<time>:<signature>". It is safe for concurrent use.
type Signer struct{ keys Keys }

// New returns a signer. At least one key is required; the first signs, and a
// signature by any of them is accepted.
func New[T ~string](keys []T, salt string) Signer { return Signer{NewKeys(keys, salt+"signer")} }

// Sign appends the time and the signature (TimestampSigner.sign).
func (s Signer) Sign(payload string, at time.Time) string {
	text := payload + ":" + base62(at.Unix())
	return text + ":" + base64.RawURLEncoding.EncodeToString(s.keys.Sum(text))
}

// Unsign returns the payload and the time of signing, or an error.
func (s Signer) Unsign(signed string) (payload string, at time.Time, err error) {
	text, signature, _ := cutLast(signed)
	payload, stamp, ok := cutLast(text)
	if !ok || !s.signed(text, signature) {
		return "", time.Time{}, errBadSignature
	}
	seconds, ok := parseBase62(stamp)
	if !ok {
		return "", time.Time{}, errBadSignature
	}
	return payload, time.Unix(seconds, 0), nil
}

func (s Signer) signed(text, signature string) bool {
	ok, _ := s.keys.Verify(text, signature, base64.RawURLEncoding.AppendEncode)
	return ok
}

// cutLast cuts s at its last colon.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 formats a number in Django's digits (baseconv.base62).
func base62(n int64) string {
	var text [11]byte
	i := len(text)
	for n = max(n, 0); ; n /= 62 {
		i--
		text[i] = digits[n%62]
		if n < 62 {
			return string(text[i:])
		}
	}
}

// parseBase62 parses the output of base62. ok is false for anything else, and
// for more than eight digits, which no time needs.
func parseBase62(s string) (n int64, ok bool) {
	if s == "" || len(s) > 8 {
		return 0, false
	}
	for i := range len(s) {
		digit := strings.IndexByte(digits, s[i])
		if digit < 0 {
			return 0, false
		}
		n = n*62 + int64(digit)
	}
	return n, true
}
