package models_test

import (
	"os/exec"
	"testing"

	"github.com/ginauth/ginauth/internal/dbtest"
	"github.com/ginauth/ginauth/models"
)

// python is Debian's, for which Django and DRF are packaged.
const python = "/usr/bin/python3"

func needDjango(t *testing.T) {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import django, rest_framework").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: install python3-djangorestframework and python3-psycopg2 to run this test with real Django: %v: %s", err, out)
	}
}

func runDjango(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, append([]string{"-W", "error::DeprecationWarning:__main__", "testdata/migrate_django.py"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDjangoUsesTheDatabase(t *testing.T) {
	t.Parallel()
	needDjango(t)
	dbtest.RunURL(t, func(t *testing.T, url string) {
		migrate(t, dbtest.Open(t, url))
		runDjango(t, url)
	})
}

func TestDjangoUsesTheDatabaseOfASwappedUser(t *testing.T) {
	t.Parallel()
	needDjango(t)
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		swapUser(t, db, models.AuthUserModel[Member]{UsernameField: "email"})
		autoMigrate(t, db, &Member{})
		migrate(t, db)
		runDjango(t, url, t.TempDir())
	})
}
