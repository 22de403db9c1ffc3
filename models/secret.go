package models

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"gorm.io/gorm"
)

// Secret is a text that does not print, such as a password hash or a token's
// key. Packages fmt, encoding/json and log/slog show "[redacted]" in its place;
// string(s) reveals it. Two things reveal it nevertheless:
//
//   - package fmt, for a struct in an unexported field;
//   - GORM's default logger, for a statement that the application makes itself,
//     unless ParameterizedQueries is set.
type Secret string

const redacted = "[redacted]"

// Format writes "[redacted]" for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

const secretKeysPlugin = "ginauth:secret_keys"

// SecretKeys are Django's SECRET_KEY, which signs, followed by its
// SECRET_KEY_FALLBACKS, which are still accepted. They belong to the database
// because they sign data stored there. Register them as a GORM plugin:
//
//	err := db.Use(models.SecretKeys{models.Secret(os.Getenv("SECRET_KEY"))})
//
// To replace a key, put the new one in front. Remove the old one when no
// session signed with it is left.
type SecretKeys []Secret

// minSecretKey is the shortest accepted length in bytes; a shorter key can be
// guessed.
const minSecretKey = 16

// Name returns the plugin's name.
func (SecretKeys) Name() string { return secretKeysPlugin }

// Initialize rejects an empty list and keys of less than 16 bytes.
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
