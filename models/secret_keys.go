package models

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
)

const secretKeysPlugin = "ginauth:secret_keys"

// SecretKeys are Django's SECRET_KEY, which signs, and its
// SECRET_KEY_FALLBACKS, which are still believed. They are a property of the
// database, since what is stored there is signed with them:
//
//	err := db.Use(models.SecretKeys{models.Secret(os.Getenv("SECRET_KEY"))})
//
// To replace a key, put the new one in front, and take the old one away when no
// session is left that was signed with it.
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
