// Package database opens the databases that ginauth's programs and tests use,
// from one URL:
//
//	db, err := database.Open("postgres://app@db.internal/app")
//	db, err := database.Open("app.db")
//
// The libraries of this module take a *gorm.DB and import no driver. This
// package imports one for each database, both without cgo, and sets what is
// easily forgotten: the size of the pool, SQLite's pragmas, a time format that
// Django reads, and a logger that keeps parameters to itself.
package database
