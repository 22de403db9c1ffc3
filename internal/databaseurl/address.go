package databaseurl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

const theTwo = "it must be postgres://user:password@host/name, or the path of a SQLite file"

// foreign matches addresses of servers that are not PostgreSQL URLs, in the
// forms that their drivers accept. None of them may become the name of a SQLite
// file, which would reveal a password to anyone listing the directory.
var foreign = []struct {
	kind    string
	address *regexp.Regexp
}{
	{"MySQL", regexp.MustCompile(`(?i)^(jdbc:)?(mysql|mariadb)[\w+.-]*:` +
		`|@(tcp6?|unix|unixpacket|udp)?(\([^)]*\))?/|@\w+\(`)},
	{"SQL Server", regexp.MustCompile(`(?i)^(jdbc:)?(sqlserver|mssql|azuresql)[\w+.-]*:`)},
	{"Oracle", regexp.MustCompile(`(?i)^(jdbc:)?oracle[\w+.-]*:`)},
}

// network matches every other text that names a server or a user: URLs, those
// of PostgreSQL with a mistake in the scheme or something in front of it, such
// as a quotation mark or the name of a variable, lists of key=value, and
// whatever may have a password between a colon and an @.
var network = regexp.MustCompile(`(?is)://|^(jdbc|odbc|pg|psql|postgre\w*)[\w+.-]*:|` +
	`(^|[\s;?&])(host|hostaddr|server|addr|address|dbname|database|user|user id|uid|pwd|password|sslmode)\s*=|:.*@`)

// drive is what the path of a file on Windows may begin with.
var drive = regexp.MustCompile(`^[A-Za-z]:[/\\]`)

// IsPostgres reports whether a URL is a PostgreSQL URL.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Check returns an error unless a URL is a PostgreSQL URL or the name of a
// SQLite database. The error quotes nothing, because the position of the
// password in the URL is unknown.
func Check(url string) error {
	switch {
	case url == "":
		return errors.New("database: the URL is empty")
	case IsPostgres(url), strings.HasPrefix(url, "file:"), strings.HasPrefix(url, "sqlite:"):
		return nil
	}
	for _, f := range foreign {
		if f.address.MatchString(url) {
			return fmt.Errorf("database: the URL is the address of a %s database, "+
				"which ginauth does not support; %s", f.kind, theTwo)
		}
	}
	if network.MatchString(drive.ReplaceAllString(url, "")) {
		return errors.New("database: the URL is neither postgres://user:password@host/name " +
			"nor the path of a SQLite file; a file of that name is written sqlite:PATH")
	}
	return nil
}
