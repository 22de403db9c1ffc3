package resettoken

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/ginauth/ginauth/models"
)

// Config configures [Of]. The zero value corresponds to Django's default
// generator in a project with TIME_ZONE = "UTC". Where Django differs, the
// config must too, or each server refuses the tokens of the other.
type Config struct {
	// Timeout is how long a token is valid (PASSWORD_RESET_TIMEOUT), in whole
	// seconds. Default: three days.
	Timeout time.Duration

	// TimeZone is Django's TIME_ZONE. Django counts the seconds of a token on
	// the local clock; if the zones differ, tokens live longer or shorter by
	// the difference. Default: UTC.
	TimeZone *time.Location

	// DatabaseTimeZone is the zone in which Django reads times from the
	// database: TIME_ZONE if USE_TZ is False, otherwise the database's own
	// setting TIME_ZONE, if it has one. Default: UTC, as with USE_TZ.
	DatabaseTimeZone *time.Location

	// EmailField is the column with the user's address (EMAIL_FIELD). Default:
	// "email", if the user model has it.
	EmailField string

	// KeySalt keeps the tokens of one purpose from being used for another
	// (key_salt). Default: that of Django's PasswordResetTokenGenerator.
	KeySalt string

	// Algorithms are the hashes of signatures (algorithm). The first signs,
	// signatures by any of them are accepted. Default: SHA-256. Django 3.1 and
	// 3.2 accept SHA-1 besides, and sign with it if DEFAULT_HASHING_ALGORITHM
	// says so.
	Algorithms []func() hash.Hash

	// Value returns the text that a token covers (_make_hash_value). A token is
	// valid as long as the text is the same. base is the text of Django's class
	// (super()._make_hash_value(user, timestamp)); Python writes booleans as
	// True and False, and None as None.
	//
	// It is also called with a user whose fields are all zero, so that an
	// unknown user costs as much as a wrong token. Default: base.
	Value func(ctx context.Context, user models.UserModel, base string, timestamp int64) (string, error)

	// Inactive accepts the tokens of users who are not active as well, for
	// tokens that activate an account. Default: refused, unlike in Django.
	Inactive bool
}

// withDefaults returns the config with its defaults, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Timeout == 0:
		c.Timeout = 3 * 24 * time.Hour
	case c.Timeout < time.Second || c.Timeout%time.Second != 0:
		return c, fmt.Errorf("resettoken: Config.Timeout is %s; it must be positive and in whole seconds", c.Timeout)
	}
	if slices.ContainsFunc(c.Algorithms, func(algorithm func() hash.Hash) bool { return algorithm == nil }) {
		return c, errors.New("resettoken: Config.Algorithms has a nil hash")
	}
	if c.TimeZone == nil {
		c.TimeZone = time.UTC
	}
	if c.DatabaseTimeZone == nil {
		c.DatabaseTimeZone = time.UTC
	}
	if c.KeySalt == "" {
		c.KeySalt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []func() hash.Hash{sha256.New}
	}
	if c.Value == nil {
		c.Value = func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) { return base, nil }
	}
	return c, nil
}
