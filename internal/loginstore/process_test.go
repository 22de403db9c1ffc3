package loginstore_test

import (
	"os"
	"testing"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/policies/logins"
)

// databaseVariable names the environment variable that makes the program one of
// those that TestProcessesCountTogether starts.
const databaseVariable = "LOGINS_TEST_DATABASE"

func TestMain(m *testing.M) {
	url := os.Getenv(databaseVariable)
	if url == "" {
		os.Exit(m.Run())
	}
	db, err := database.Open(url)
	if err != nil {
		panic(err)
	}
	logintest.Process(logins.NewDatabaseStore(db))
}

func TestProcessesCountTogether(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := logintest.Migrated(t, dbtest.Open(t, url))
		logintest.Processes(t, logins.NewDatabaseStore(db), databaseVariable, url)
	})
}
