package models

import (
	"sync"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/password"
)

// shared holds what all sessions of a database have in common in this process.
type shared struct {
	once      sync.Once
	passwords *password.Checker // after once; see passwordsOf

	hashes sqlkit.Tidying // handles failures to replace password hashes

	looked atomic.Bool // UsersOf has surveyed the tables
}

var shareds sqlkit.Shared[shared]

// sharedOf returns the value that all sessions of db share.
func sharedOf(db *gorm.DB) *shared { return shareds.Of(db) }

// PasswordChecker returns the checker of a database's password hashes, the same
// for all its sessions. The first call reads the settings.
func PasswordChecker(db *gorm.DB) *password.Checker {
	s := sharedOf(db)
	s.once.Do(func() { s.passwords = password.NewChecker(hashersOf(db), hashingLimitsOf(db)) })
	return s.passwords
}
