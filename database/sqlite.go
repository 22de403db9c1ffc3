package database

import (
	"context"
	"net/url"
	"strings"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite" // the driver, in pure Go

	"github.com/ginauth/ginauth/internal/databaseurl"
)

// sqliteConnections lets readers run while one connection writes and others
// wait for it.
const sqliteConnections = 8

// sqliteParameters are parameters of the driver, see its Driver.Open. Times are
// written in UTC as 2006-01-02 15:04:05.999999+00:00, which Django reads.
const sqliteParameters = "_synchronous=NORMAL&_busy_timeout=5000&_foreign_keys=on&_time_format=sqlite&_timezone=UTC"

// sqliteWriting are further parameters for a database that is not opened
// read-only. A transaction takes the write lock when it begins: taking it after
// reading would fail if another transaction has written meanwhile, no matter
// how long it would have waited.
const sqliteWriting = "&_journal_mode=WAL&_txlock=immediate"

func openSQLite(name string, c Config) (*gorm.DB, error) {
	path, mayCreate, err := databaseurl.SQLite(name)
	if err != nil {
		return nil, err
	}
	dsn := sqliteDSN(name)
	connector, err := modernc.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	if path != "" && mayCreate {
		if err := createPrivate(path); err != nil {
			return nil, err
		}
	}
	if inMemory(dsn) {
		c.MaxConnections = 1 // each connection would have its own database, which is lost with it
	}
	pool := c.newPool(connector, sqliteConnections)
	return open(context.Background(), pool, sqlite.Dialector{Conn: pool}) // the driver's busy_timeout bounds it
}

// sqliteDSN turns a path or URI into a URI with the parameters of this package.
// The driver takes the first value of a parameter, hence the caller's.
func sqliteDSN(name string) string {
	uri, parameters := databaseurl.URI(name), sqliteParameters
	if !readOnly(uri) {
		parameters += sqliteWriting
	}
	if strings.Contains(uri, "?") {
		return uri + "&" + parameters
	}
	return uri + "?" + parameters
}

// readOnly reports whether a URI says that the database is opened read-only.
func readOnly(uri string) bool {
	_, query, _ := strings.Cut(uri, "?")
	parameters, _ := url.ParseQuery(query)
	return parameters.Get("mode") == "ro" || parameters.Get("immutable") == "1"
}

func inMemory(dsn string) bool {
	path, query, _ := strings.Cut(dsn, "?")
	parameters, _ := url.ParseQuery(query)
	return path == "file::memory:" || parameters.Get("mode") == "memory"
}
