package models_test

import (
	"os/exec"
	"testing"

	"github.com/ginauth/ginauth/internal/dbtest"
	"github.com/ginauth/ginauth/models"
)

// python is Debian's, for which Django, DRF and guardian are packaged.
const python = "/usr/bin/python3"

func needDjango(t *testing.T) {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import django, rest_framework, guardian").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: install python3-djangorestframework, python3-django-guardian and python3-psycopg2 to run this test with real Django: %v: %s", err, out)
	}
}

// runDjango runs a script of testdata and returns what it prints.
func runDjango(t *testing.T, script string, args ...string) string {
	t.Helper()
	flags := []string{"-B", "-W", "error::DeprecationWarning:__main__", "testdata/" + script}
	cmd := exec.CommandContext(t.Context(), python, append(flags, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestDjangoUsesTheDatabase(t *testing.T) {
	t.Parallel()
	needDjango(t)
	dbtest.RunURL(t, func(t *testing.T, url string) {
		migrate(t, dbtest.Open(t, url))
		runDjango(t, "migrate_django.py", url)
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
		runDjango(t, "migrate_django.py", url, t.TempDir())
	})
}
