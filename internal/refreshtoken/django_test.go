package refreshtoken_test

import (
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

func TestDjangoUsesTheBlacklist(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_simplejwt", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		modeltest.Migrate(t, dbtest.Open(t, url))
		djangotest.Run(t, "", "testdata/blacklist_django.py", url)
	})
}

func TestDjangoUsesTheBlacklistOfASwappedUser(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_simplejwt", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
		modeltest.AutoMigrate(t, db, &modeltest.Member{})
		modeltest.Migrate(t, db)
		djangotest.Run(t, "", "testdata/blacklist_django.py", url, t.TempDir())
	})
}
