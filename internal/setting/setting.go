// Package setting is about the settings of a database: GORM plugins that an
// application gives it once, with db.Use, before anything reads them. One that
// comes later would hold for a part of the application only, so it is refused.
package setting

import (
	"errors"
	"runtime"
	"sync"
	"weak"

	"gorm.io/gorm"
)

// read holds the settings that have been read: a key for each database, by a
// weak pointer to what all its sessions share, and name.
var read sync.Map

type key struct {
	database any
	name     string
}

func keyOf(db *gorm.DB, name string) key { return key{weak.Make(db.Callback()), name} }

// Of returns the setting of that name, and reports whether the database has it.
// From then on [Late] refuses another. It is safe for concurrent use with itself,
// but not with db.Use, as GORM's plugins are.
func Of[T any](db *gorm.DB, name string) (value T, ok bool) {
	k := keyOf(db, name)
	if _, known := read.LoadOrStore(k, struct{}{}); !known {
		runtime.AddCleanup(db.Callback(), read.Delete, any(k))
	}
	value, ok = db.Plugins[name].(T)
	return value, ok
}

// Late returns an error for the method Initialize of a plugin if the setting of
// that name has been read, in any session of the database. what names the plugin
// as errors begin, e.g. "logins: Limits"; readers are those that read it.
func Late(db *gorm.DB, name, what, readers string) error {
	if _, late := read.Load(keyOf(db, name)); late {
		return errors.New(what + " must be set before the database is given to " + readers)
	}
	return nil
}
