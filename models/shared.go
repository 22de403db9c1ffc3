package models

import (
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models/password"
)

// shared holds what all sessions of a database have in common in this process.
type shared struct {
	once      sync.Once
	passwords *password.Checker // after once; see passwordsOf

	hashes, keys, sessions, tokens tidying // writes to password hashes, API keys' hashes, sessions, ended tokens

	tables presence
	looked atomic.Bool // UsersOf has surveyed the tables
}

// shareds maps each database in use to its shared. The key is a weak pointer to
// GORM's callbacks, which all sessions of a database have in common.
var shareds sync.Map

// sharedOf returns the shared of db, the same for all its sessions.
func sharedOf(db *gorm.DB) *shared {
	origin := db.Callback()
	var key any = weak.Make(origin)
	if s, ok := shareds.Load(key); ok {
		return s.(*shared)
	}
	s, known := shareds.LoadOrStore(key, &shared{})
	if !known {
		runtime.AddCleanup(origin, shareds.Delete, key)
	}
	return s.(*shared)
}

// passwordsOf returns the checker of a database's password hashes, the same for
// all its sessions. The first call reads the settings.
func passwordsOf(db *gorm.DB) *password.Checker {
	s := sharedOf(db)
	s.once.Do(func() { s.passwords = password.NewChecker(hashersOf(db), hashingLimitsOf(db)) })
	return s.passwords
}
