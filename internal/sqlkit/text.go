package sqlkit

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
)

// Supported returns an error unless the SQL of this module works on the
// database: PostgreSQL or SQLite.
func Supported(db *gorm.DB) error {
	if name := db.Name(); name != "sqlite" && name != "postgres" {
		return fmt.Errorf("the database is %s; it must be SQLite or PostgreSQL", name)
	}
	return nil
}

// Placeholder returns the dialect's n-th parameter: $1 or ?.
func Placeholder(db *gorm.DB, n int) string {
	var b strings.Builder
	db.BindVarTo(&b, &gorm.Statement{DB: db, Vars: make([]any, n)}, nil)
	return b.String()
}

// Timestamp returns the type for a CAST to a time. PostgreSQL does not infer
// that of a parameter in a SELECT; SQLite stores times as texts.
func Timestamp(db *gorm.DB) string {
	if db.Name() == "sqlite" {
		return "text"
	}
	return "timestamp with time zone"
}

// ForUpdate returns the end of a SELECT that locks its rows. SQLite has a
// single lock, which a [Transaction] holds from its beginning.
func ForUpdate(db *gorm.DB) string {
	if db.Name() == "sqlite" {
		return ""
	}
	return " FOR UPDATE"
}

// ForKeyShare returns the end of a SELECT whose rows, those of an alias, are to
// be referred to by a foreign key. It keeps them from being deleted before the
// transaction ends, and leaves out those that have just been.
func ForKeyShare(db *gorm.DB, alias string) string {
	if db.Name() == "sqlite" {
		return ""
	}
	return " FOR KEY SHARE OF " + alias
}

// Now returns the current time as Django stores it: UTC, to the microsecond.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Storable reports whether a column of maxLength characters could hold a text
// from a request at all: valid UTF-8 without NUL, which PostgreSQL refuses with
// an error that is not one of ours.
func Storable(s string, maxLength int) bool {
	return s != "" && len(s) <= maxLength*utf8.UTFMax && utf8.ValidString(s) && !strings.ContainsRune(s, 0) &&
		utf8.RuneCountInString(s) <= maxLength
}
