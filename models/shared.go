package models

import (
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models/password"
)

// shared is what all sessions of a database have in common in this process.
type shared struct {
	once      sync.Once
	passwords *password.Checker // after once; see passwordsOf

	hashes, keys, sessions, tokens tidying // of password hashes, hashes of API keys, sessions, and tokens that have ended

	tables presence
	looked atomic.Bool // whether UsersOf has looked at the tables
}

// shareds are those of all databases in use, by a weak pointer to what all
// sessions of a database share.
var shareds sync.Map

// sharedOf returns the one of db, the same for all its sessions.
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

// passwordsOf returns what makes and checks the hashes of a database, the same
// for all its sessions. The first call reads the settings.
func passwordsOf(db *gorm.DB) *password.Checker {
	s := sharedOf(db)
	s.once.Do(func() { s.passwords = password.NewChecker(hashersOf(db), hashingLimitsOf(db)) })
	return s.passwords
}
