// Package setting manages the settings of a database: GORM plugins that an
// application gives to it once, with db.Use, before they are read for the first
// time. A later setting would apply to only a part of the application, so it is
// refused.
package setting

import (
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// read holds the names of the settings of a database that have been read.
var read sqlkit.Shared[sync.Map]

// Of returns the setting of that name, and reports whether the database has it.
// From then on [Late] refuses another. Like GORM's plugins, Of is safe for
// concurrent use with itself, but not with db.Use.
func Of[T any](db *gorm.DB, name string) (value T, ok bool) {
	read.Of(db).Store(name, struct{}{})
	return As[T](db.Plugins[name])
}

// As returns a plugin as the setting that it is, whether db.Use was given the
// setting or a pointer to it. ok is false if there is no plugin. It panics if
// the plugin is anything else, such as a struct that embeds the setting: what it
// declares must not be left out in silence.
func As[T any](plugin gorm.Plugin) (value T, ok bool) {
	switch given := any(plugin).(type) {
	case nil:
		return value, false
	case *T:
		return *given, true
	case T:
		return given, true
	}
	panic(fmt.Sprintf("ginauth: db.Use was given a %T; give it the %T itself", plugin, value))
}

// Late is for the method Initialize of a plugin. It returns an error if the
// setting of that name has been read, in any session of the database. what
// names the plugin as errors begin, e.g. "logins: Limits"; readers names the
// code that reads it.
func Late(db *gorm.DB, name, what, readers string) error {
	if _, late := read.Of(db).Load(name); late {
		return errors.New(what + " must be set before the database is given to " + readers)
	}
	return nil
}
