package models

import (
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"gorm.io/gorm"
)

// shared is what all sessions of a database have in common in this process.
type shared struct {
	hashing                *hashing
	hashes, keys, sessions tidying // of password hashes, hashes of API keys, and sessions
	tables                 presence
	looked                 atomic.Bool // whether UsersOf has looked at the tables
}

// shareds are those of all databases in use, by a weak pointer to what all sessions of a database share.
var shareds sync.Map

// sharedOf returns the one of db, the same for all its sessions.
func sharedOf(db *gorm.DB) *shared {
	origin := db.Callback()
	var key any = weak.Make(origin)
	if s, ok := shareds.Load(key); ok {
		return s.(*shared)
	}
	s, known := shareds.LoadOrStore(key, &shared{hashing: newHashing(db)})
	if !known {
		runtime.AddCleanup(origin, shareds.Delete, key)
	}
	return s.(*shared)
}
