package resettoken

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

const (
	// maxTimestamp is the length of the longest timestamp that Django reads
	// (base36_to_int).
	maxTimestamp = 13

	// maxToken is the length of the longest token that is looked at. SHA-512
	// makes 64 of it.
	maxToken = 256

	// year2001 is the beginning of 2001, from which timestamps count.
	year2001 = 978_307_200
)

// seconds returns the timestamp of a token made now: the seconds that a clock
// on the wall in Django's time zone has counted since the beginning of 2001.
func (g *Generator) seconds() int64 {
	now := g.now().In(g.config.TimeZone)
	_, offset := now.Zone()
	return now.Unix() + int64(offset) - year2001
}

// value returns the text that a token covers.
func (g *Generator) value(ctx context.Context, user models.UserModel, timestamp int64) (string, error) {
	key, err := g.keyText(user)
	if err != nil {
		return "", err
	}
	base := key + userkit.Of(g.users).Table().PasswordHash(user) + g.lastLogin(user) +
		strconv.FormatInt(timestamp, 10) + g.email(user)
	value, err := g.config.Value(ctx, user, base, timestamp)
	if err != nil {
		return "", fmt.Errorf("resettoken: Config.Value: %w", err)
	}
	return value, nil
}

// lastLogin returns the time of the last login as Python writes it without its
// zone and fraction, or nothing.
func (g *Generator) lastLogin(user models.UserModel) string {
	value, _ := userkit.Of(g.users).Table().Value(user, "last_login")
	at, ok := value.(time.Time)
	if !ok || at.IsZero() {
		return ""
	}
	return at.In(g.config.DatabaseTimeZone).Format("2006-01-02 15:04:05")
}

// email returns the user's address, or nothing.
func (g *Generator) email(user models.UserModel) string {
	value, _ := userkit.Of(g.users).Table().Value(user, g.config.EmailField)
	text, _ := value.(string)
	return text
}

// signed reports whether one of the keys has signed the token.
func (g *Generator) signed(token, value string, timestamp int64) bool {
	equal := 0
	for _, key := range g.keys.Get() {
		for _, algorithm := range g.config.Algorithms {
			expected := sign(algorithm, g.config.KeySalt, key, value, timestamp)
			equal |= subtle.ConstantTimeCompare([]byte(token), []byte(expected))
		}
	}
	return equal == 1
}

// sign returns a token: the timestamp, and every second digit of the signature.
func sign(algorithm func() hash.Hash, salt string, key models.Secret, value string, timestamp int64) string {
	token := append(strconv.AppendInt(nil, timestamp, 36), '-')
	digits := hex.EncodeToString(djangosigning.SaltedHMAC(algorithm, salt, string(key), value))
	for i := 0; i < len(digits); i += 2 {
		token = append(token, digits[i])
	}
	return string(token)
}

// parse returns the timestamp of a token. ok is false for a token that Django
// does not make.
func parse(token string) (timestamp int64, ok bool) {
	stamp, _, found := strings.Cut(token, "-")
	if !found || len(stamp) > maxTimestamp || len(token) > maxToken {
		return 0, false
	}
	timestamp, err := strconv.ParseInt(stamp, 36, 64)
	return timestamp, err == nil && strconv.FormatInt(timestamp, 36) == stamp
}
