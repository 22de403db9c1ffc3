package models

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
)

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

// SecretKeysOf returns the setting of the database, or an error if it has none.
func SecretKeysOf(db *gorm.DB) (SecretKeys, error) {
	// A missing setting is an error, so it cannot come too late.
	if keys, ok := db.Plugins[secretKeysPlugin].(SecretKeys); ok {
		return keys, nil
	}
	return nil, errors.New("models: the database has no secret key: db.Use(models.SecretKeys{...}), with Django's SECRET_KEY first")
}
