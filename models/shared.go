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
	mu       sync.Mutex
	compiled *compiled // see compiledOf; guarded by mu

	once      sync.Once
	passwords *password.Checker // after once; see PasswordChecker

	hashes    sqlkit.Tidying // handles failures to replace password hashes
	ambiguous sqlkit.Tidying // tells of login names that are those of several users

	looked, whole atomic.Bool  // missing tables were logged, all columns have been seen
	narrow        atomic.Bool  // a replacement did not fit into the column
	room          atomic.Int64 // of the column of password hashes, see checkRoom
}

var shareds sqlkit.Shared[shared]

// sharedOf returns the value that all sessions of db share.
func sharedOf(db *gorm.DB) *shared { return shareds.Of(db) }
