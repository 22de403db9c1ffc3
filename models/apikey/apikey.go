package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Key is a row of rest_framework_api_key_apikey, the table of
// djangorestframework-api-key: a key that belongs to a program, not to a user.
// The key itself, <prefix>.<secret>, is not stored.
type Key struct {
	ID         models.Secret `gorm:"column:id;size:150;primaryKey" json:"-"` // prefix, dot, first hash
	Created    time.Time     `gorm:"column:created;not null"`
	Name       string        `gorm:"column:name;size:50;not null"` // for people; need not be unique
	Revoked    bool          `gorm:"column:revoked;not null"`      // permanent
	ExpiryDate *time.Time    `gorm:"column:expiry_date"`           // nil: never
	HashedKey  models.Secret `gorm:"column:hashed_key;size:150;not null" json:"-"`
	Prefix     string        `gorm:"column:prefix;size:8;not null;unique"` // for lists and logs; not secret

	// Scopes and Quota are in a table of ginauth's own, which Django does not
	// read. A key that Django has made has neither.
	Scopes []string `gorm:"-"` // what the key is limited to, sorted; nil: it has no scopes
	Quota  *Quota   `gorm:"-"` // nil: no limit
}

// TableName returns the name that djangorestframework-api-key gives the table.
func (Key) TableName() string { return "rest_framework_api_key_apikey" }

// Subject returns the prefix, which identifies the key in logs.
func (k *Key) Subject() string { return k.Prefix }

// String returns the name, as in Django.
func (k *Key) String() string { return k.Name }

// Limited reports whether the key permits only what its scopes say. A key
// without scopes is not limited, and has none of them either.
func (k *Key) Limited() bool { return len(k.Scopes) > 0 && !k.HasScope(models.AllScopes) }

// HasScope reports whether the key was given the scope, or [models.AllScopes].
func (k *Key) HasScope(name string) bool { return scopeset.Covers(k.Scopes, []string{name}) }

const (
	apiKeySecretLength = 32 // 190 bits
)

var errNoDatabase = errors.New("apikey: the database is nil")

// Create creates a key with the name, the expiry date, the scopes and the quota
// of row and fills in its other fields. Scopes must be defined by
// [models.Scopes] or be [models.AllScopes]; nil makes a key that is not limited,
// and an empty list is an error. It returns the key, which cannot be recovered
// later.
//
// The hash is PBKDF2 with one iteration. A key of 190 random bits cannot be
// guessed from any hash; a slow one would only slow down each request. Every
// version of djangorestframework-api-key reads it. If the database's
// [models.Passwords] lack [password.PBKDF2SHA256], the first of them makes the
// hash.
func Create(ctx context.Context, db *gorm.DB, row *Key) (key models.Secret, err error) {
	if db == nil {
		return "", errNoDatabase
	}
	if err := sqlkit.Supported(db); err != nil {
		return "", fmt.Errorf("apikey: %w", err)
	}
	if row == nil {
		return "", errors.New("apikey: the API key is nil")
	}
	if row.Name == "" {
		return "", errors.New("apikey: the name of the API key is empty")
	}
	const longest = djangoschema.MaxAPIKeyName
	if utf8.RuneCountInString(row.Name) > longest || !sqlkit.Storable(row.Name, longest) {
		return "", fmt.Errorf("apikey: the name of the API key is longer than %d characters or not UTF-8", longest)
	}
	scopes, quota, err := checkLimits(db, row.Scopes, row.Quota)
	if err != nil {
		return "", err
	}
	prefix := random.Alphanumeric(djangoschema.APIKeyPrefixLength)
	key = models.Secret(prefix + "." + random.Alphanumeric(apiKeySecretLength))
	hash, err := apiKeyHasher(hashing.CheckerOf(db).Hashers()).Encode(string(key))
	if err != nil {
		return "", err
	}
	row.ID, row.Prefix, row.HashedKey = models.Secret(prefix+"."+hash), prefix, models.Secret(hash)
	row.Created, row.Revoked = sqlkit.Now(), false
	row.Scopes, row.Quota = scopes, quota
	// The key and its limits appear at once, or it would be without them for a
	// moment.
	err = sqlkit.Transaction(ctx, db, func(tx *gorm.DB) error {
		return insert(ctx, tx, row)
	})
	if err != nil {
		return "", fmt.Errorf("create API key: %w", err)
	}
	return key, nil
}
