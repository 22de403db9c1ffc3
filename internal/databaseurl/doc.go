// Package databaseurl reads the URLs that name a database: PostgreSQL URLs, and
// names of SQLite files. It connects to nothing and imports no driver.
package databaseurl
