package database_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/database"
)

// opened opens a database and closes it.
func opened(url string) error {
	db, err := database.Open(url)
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// TestAddressesOfOtherDatabases checks that each is refused, by its name where
// that is known, without revealing its password and without creating a file.
func TestAddressesOfOtherDatabases(t *testing.T) {
	for address, want := range map[string]string{
		"mysql://root:hexagone@127.0.0.1/db":                    "MySQL",
		"mysql:root:hexagone@127.0.0.1/db":                      "MySQL",
		"MySQL://root:hexagone@127.0.0.1/db":                    "MySQL",
		"mariadb+pymysql://root:hexagone@127.0.0.1/db":          "MySQL",
		"jdbc:mysql://127.0.0.1/db?user=root&password=hexagone": "MySQL",
		"root:hexagone@tcp(127.0.0.1:3306)/db?parseTime=true":   "MySQL",
		"root:hexagone@tcp6([::1]:3306)/db":                     "MySQL",
		"root:hexa/gone@unix(/run/mysql.sock)/db":               "MySQL",
		"root:hexagone@unix/run/mysql.sock":                     "MySQL",
		"root:hexagone@/db":                                     "MySQL",
		"root@/db":                                              "MySQL",
		"root:hexagone@cloudsql(project:zone:name)/db":          "MySQL",
		"sqlserver://sa:hexagone@127.0.0.1?database=db":         "SQL Server",
		"mssql:sa:hexagone@127.0.0.1":                           "SQL Server",
		"oracle://system:hexagone@127.0.0.1/db":                 "Oracle",
		"server=127.0.0.1;user id=sa;Password=hexagone":         "neither",
		"Server=127.0.0.1;UID=sa;PWD=hexagone":                  "neither",
		"host=127.0.0.1 user=app dbname=hexagone":               "neither",
		"user=app password=hexagone":                            "neither",
		"user:hexagone@127.0.0.1/db":                            "neither",
		"u:hexagone@127.0.0.1:5432/db":                          "neither",
		"postgress://user:hexagone@127.0.0.1/db":                "neither",
		"postgre://user:hexagone@127.0.0.1/db":                  "neither",
		"Postgres://user:hexagone@127.0.0.1/db":                 "neither",
		"postgres:user:hexagone@127.0.0.1/db":                   "neither",
		"postgresql:/user:hexagone@127.0.0.1/db":                "neither",
		"pg://user:hexagone@127.0.0.1/db":                       "neither",
		"psql:hexagone":                                         "neither",
		"mongodb+srv://user:hexagone@127.0.0.1/db":              "neither",
		"redis://:hexagone@127.0.0.1":                           "neither",
		"https://user:hexagone@127.0.0.1/db":                    "neither",
		" postgres://user:hexagone@127.0.0.1/db":                "neither",
		"\npostgres://user:hexagone@127.0.0.1/db":               "neither",
		"\ufeffpostgres://user:hexagone@127.0.0.1/db":           "neither",
		`"postgres://user:hexagone@127.0.0.1/db"`:               "neither",
		"'postgres://user:hexagone@127.0.0.1/db'":               "neither",
		"<postgres://user:hexagone@127.0.0.1/db>":               "neither",
		"DATABASE_URL=postgres://user:hexagone@127.0.0.1/db":    "neither",
		"--database postgres://user:hexagone@127.0.0.1/db":      "neither",
		"postgres;//user:hexagone@127.0.0.1/db":                 "neither",
		"postgres//user:hexagone@127.0.0.1/db":                  "neither",
		"//user:hexagone@127.0.0.1/db":                          "neither",
		"user:/hexagone@127.0.0.1/db":                           "neither",
		":hexagone@127.0.0.1/db":                                "neither",
	} {
		t.Run(address, func(t *testing.T) {
			t.Chdir(t.TempDir())
			err := opened(address)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "postgres://") ||
				strings.Contains(err.Error(), "hexa") || strings.Contains(err.Error(), "gone") {
				t.Errorf("error %v, want %q", err, want)
			}
			if list := modes(t, "."); len(list) > 0 {
				t.Errorf("there is %q", list)
			}
		})
	}
}

// TestPathsThatAreNoAddresses checks that such paths are names of files.
func TestPathsThatAreNoAddresses(t *testing.T) {
	for _, name := range []string{"app.db", "app@home.db", "me@work.db", "mysql.db", "postgres", "a=b.db", "user's notes.db", "sqlite:root:x@tcp(y).db", "x:y", "user@host:db"} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := opened(name); err != nil {
				t.Error(err)
			}
			if list := modes(t, "."); len(list) != 1 {
				t.Errorf("there is %q", list)
			}
		})
	}
	if err := opened(filepath.Join(t.TempDir(), "host=1.db")); err != nil {
		t.Error(err)
	}
}
