package models

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what Django signed with before 3.1, see unsign
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"gorm.io/gorm"
)

const secretKeysPlugin = "ginauth:secret_keys"

// SecretKeys are Django's SECRET_KEY, which signs, and its SECRET_KEY_FALLBACKS, which are still believed. They are a property of
// the database, since what is stored there is signed with them:
//
//	err := db.Use(models.SecretKeys{models.Secret(os.Getenv("SECRET_KEY"))})
//
// To replace a key, put the new one in front, and take the old one away when no session is left that was signed with it.
type SecretKeys []Secret

// minSecretKey is the length, in bytes, under which a key can be guessed.
const minSecretKey = 16

// Name is the plugin's name.
func (SecretKeys) Name() string { return secretKeysPlugin }

// Initialize refuses an empty list, and keys of less than 16 bytes.
func (k SecretKeys) Initialize(*gorm.DB) error {
	if len(k) == 0 {
		return errors.New("models: SecretKeys is empty")
	}
	for i, key := range k {
		if len(key) < minSecretKey {
			return fmt.Errorf("models: SecretKeys: key %d has less than %d bytes", i+1, minSecretKey)
		}
	}
	return nil
}

func secretKeysOf(db *gorm.DB) (SecretKeys, error) {
	if keys, ok := db.Plugins[secretKeysPlugin].(SecretKeys); ok { // none is an error, so they cannot come too late
		return keys, nil
	}
	return nil, errors.New("models: the database has no secret key: db.Use(models.SecretKeys{...}), with Django's SECRET_KEY first")
}

var errBadSignature = errors.New("models: bad signature")

// signer makes and reads the texts of django.core.signing.dumps with one salt, "<payload>:<time>:<signature>".
type signer struct {
	keys SecretKeys
	salt string
}

// sign appends the time and the signature (TimestampSigner.sign).
func (s signer) sign(payload string, at time.Time) string {
	text := payload + ":" + base62(at.Unix())
	return text + ":" + s.signature(sha256.New, s.keys[0], text)
}

// unsign returns the payload and when it was signed, or [errBadSignature]. Besides SHA-256 it believes SHA-1, with which Django
// signed before 3.1, as Django 3.2 does.
func (s signer) unsign(signed string) (payload string, at time.Time, err error) {
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

func (s signer) signed(text, signature string) bool {
	for _, key := range s.keys {
		for _, algorithm := range []func() hash.Hash{sha256.New, sha1.New} {
			if hmac.Equal([]byte(signature), []byte(s.signature(algorithm, key, text))) {
				return true
			}
		}
	}
	return false
}

func (s signer) signature(algorithm func() hash.Hash, key Secret, text string) string {
	return base64.RawURLEncoding.EncodeToString(saltedHMAC(algorithm, s.salt+"signer", key, text))
}

// saltedHMAC is django.utils.crypto.salted_hmac.
func saltedHMAC(algorithm func() hash.Hash, salt string, key Secret, value string) []byte {
	derived := algorithm()
	derived.Write([]byte(salt + string(key)))
	mac := hmac.New(algorithm, derived.Sum(nil))
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// cutLast cuts s at its last colon.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// base62 writes a number in Django's digits (baseconv.base62).
func base62(n int64) string {
	var text [11]byte
	i := len(text)
	for n = max(n, 0); ; n /= 62 {
		i--
		text[i] = base62Digits[n%62]
		if n < 62 {
			return string(text[i:])
		}
	}
}

// parseBase62 reads what base62 writes. ok is false for anything else, and for what is no time for thousands of years.
func parseBase62(s string) (n int64, ok bool) {
	if s == "" || len(s) > 8 {
		return 0, false
	}
	for _, c := range []byte(s) {
		switch {
		case '0' <= c && c <= '9':
			n = n*62 + int64(c-'0')
		case 'A' <= c && c <= 'Z':
			n = n*62 + int64(c-'A') + 10
		case 'a' <= c && c <= 'z':
			n = n*62 + int64(c-'a') + 36
		default:
			return 0, false
		}
	}
	return n, true
}
