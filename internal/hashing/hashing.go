// Package hashing has the settings of a database's passwords, and the one
// checker of their hashes.
package hashing

import (
	"sync"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/models/password"
)

// Settings is models.Passwords, which has these fields and can be converted. It
// is a GORM plugin, which models.Passwords gives to the database.
type Settings struct {
	Hashers    password.Hashers
	KeepHashes bool
	Validators password.Validators
	Limits     password.Limits
}

const (
	plugin  = "ginauth:hashing"
	readers = "models.UsersOf, models.CreateUser, apikey.Of, a policy, a handler or a command"
)

// Name implements [gorm.Plugin].
func (Settings) Name() string { return plugin }

// Initialize implements [gorm.Plugin]. It rejects settings that come too late.
func (Settings) Initialize(db *gorm.DB) error {
	return setting.Late(db, plugin, "models: Passwords", readers)
}

// Of returns the settings of a database, with their defaults.
func Of(db *gorm.DB) Settings {
	s, _ := setting.Of[Settings](db, plugin)
	if s.Hashers == nil {
		s.Hashers = hashersBeside(stack.Of(db))
	}
	if s.Validators == nil {
		s.Validators = password.DefaultValidators()
	}
	return s
}

// hashersBeside returns the default hashers. Beside a declared Django they are
// those of its default PASSWORD_HASHERS, with its parameters, so that neither
// server replaces the other's hashes. Scrypt is always among them: Django 3.2
// lacks it, but a hash that a newer one has left must still verify here.
func hashersBeside(releases stack.Releases) password.Hashers {
	if !releases.Declares(stack.Django) {
		return password.DefaultHashers()
	}
	return password.Hashers{
		password.PBKDF2SHA256{Iterations: releases.Iterations()},
		password.PBKDF2SHA1{Iterations: releases.Iterations()},
		password.Argon2{Memory: 102_400, Time: 2, Parallelism: 8},
		password.BCryptSHA256{},
		password.Scrypt{Parallelism: releases.ScryptParallelism()},
	}
}

// shared is the checker of a database.
type shared struct {
	once    sync.Once
	checker *password.Checker // after once
}

var shareds sqlkit.Shared[shared]

// CheckerOf returns the checker of a database's password hashes, the same for
// all its sessions. The first call reads the settings.
func CheckerOf(db *gorm.DB) *password.Checker {
	s := shareds.Of(db)
	s.once.Do(func() {
		p := Of(db)
		s.checker = password.NewChecker(p.Hashers, password.CheckerConfig{Limits: p.Limits, KeepHashes: p.KeepHashes})
	})
	return s.checker
}
