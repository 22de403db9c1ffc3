// Package database opens PostgreSQL and SQLite for ginauth, from one URL:
//
//	db, err := database.Open("postgres://app@db.internal/app")
//	db, err := database.Open("app.db")
//
// It is a convenience. The packages of this module take any *gorm.DB and import
// no driver; this one imports one for each database, both without cgo, and sets
// what is easily forgotten:
//
//   - a pool that keeps its connections between requests; database/sql's own
//     default of two idle connections makes a busy server reconnect all the time;
//   - on PostgreSQL, bounds for connecting, keep-alives that notice a dead peer
//     in half a minute, and statements that survive PgBouncer;
//   - on SQLite, the write-ahead log, a wait for locks, transactions that lock
//     when they begin, foreign keys, times that Django reads, and a file that
//     only its owner can read;
//   - a logger that keeps the parameters of statements, such as password
//     hashes, to itself.
//
// A program that imports another SQLite driver registered as "sqlite", such as
// glebarez's, panics at start: it then opens its databases by [gorm.Open].
package database
