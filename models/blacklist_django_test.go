package models_test

import (
	"os/exec"
	"testing"

	"github.com/ginauth/ginauth/internal/dbtest"
	"github.com/ginauth/ginauth/models"
)

func needSimpleJWT(t *testing.T) {
	t.Helper()
	needDjango(t)
	if out, err := exec.Command(python, "-c", "import rest_framework_simplejwt").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: install python3-djangorestframework-simplejwt to run this test with real simplejwt: %v: %s", err, out)
	}
}

func TestDjangoUsesTheBlacklist(t *testing.T) {
	t.Parallel()
	needSimpleJWT(t)
	dbtest.RunURL(t, func(t *testing.T, url string) {
		migrate(t, dbtest.Open(t, url))
		runDjango(t, "blacklist_django.py", url)
	})
}

func TestDjangoUsesTheBlacklistOfASwappedUser(t *testing.T) {
	t.Parallel()
	needSimpleJWT(t)
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		swapUser(t, db, models.AuthUserModel[Member]{UsernameField: "email"})
		autoMigrate(t, db, &Member{})
		migrate(t, db)
		runDjango(t, "blacklist_django.py", url, t.TempDir())
	})
}
