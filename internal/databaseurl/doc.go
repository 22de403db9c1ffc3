// Package databaseurl reads the URLs that name a database: those of PostgreSQL,
// and names of SQLite files. It connects to nothing and imports no driver.
package databaseurl
