package models_test

import (
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models"
)

func TestDjangoUsesTheBlacklist(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_simplejwt", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		Migrate(t, dbtest.Open(t, url))
		djangotest.Run(t, "", "testdata/blacklist_django.py", url)
	})
}

func TestDjangoUsesTheBlacklistOfASwappedUser(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_simplejwt", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		swapUser(t, db, models.AuthUserModel[Member]{UsernameField: "email"})
		autoMigrate(t, db, &Member{})
		Migrate(t, db)
		djangotest.Run(t, "", "testdata/blacklist_django.py", url, t.TempDir())
	})
}
