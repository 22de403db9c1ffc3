package models_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
)

// words returns the words under which CheckDeploy finds something.
func words(t *testing.T, users *models.Users) (found []string) {
	t.Helper()
	if err := users.CheckDeploy(t.Context()); err != nil {
		for line := range strings.Lines(err.Error()) {
			word, _, _ := strings.Cut(line, ": ")
			found = append(found, word)
		}
	}
	return found
}

func TestCheckDeployOfADatabase(t *testing.T) {
	t.Parallel()
	const good = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN"
	for _, c := range []struct {
		name     string
		settings []gorm.Plugin
		migrated bool
		want     []string
	}{
		{"fit", []gorm.Plugin{models.SecretKeys{good}}, true, nil},
		{"no key", nil, true, nil},
		{"not migrated", nil, false, []string{"migrations"}},
		{"cheap hashes", []gorm.Plugin{people.Passwords}, true, []string{"weak-hasher"}},
		{"a short key", []gorm.Plugin{models.SecretKeys{models.Secret(good[:49])}}, true, []string{"secret-key"}},
		{"a key of four characters", []gorm.Plugin{models.SecretKeys{models.Secret(strings.Repeat("abcd", 20))}}, true, []string{"secret-key"}},
		{"Django's example", []gorm.Plugin{models.SecretKeys{"django-insecure-" + good}}, true, []string{"secret-key"}},
		{"an old short key", []gorm.Plugin{models.SecretKeys{good, models.Secret(good[:16])}}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, dbtest.SQLite(t))
			for _, setting := range c.settings {
				modeltest.SwapUser(t, db, setting)
			}
			if c.migrated {
				modeltest.Migrate(t, db)
			}
			users, err := models.UsersOf(db)
			if err != nil {
				t.Fatal(err)
			}
			if got := words(t, users); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if text := fmt.Sprint(users.CheckDeploy(t.Context())); strings.Contains(text, good[:16]) {
				t.Errorf("the finding shows the key: %s", text)
			}
		})
	}
}

// TestCheckDeployOfAUser checks whether the user of the database may create
// tables.
func TestCheckDeployOfAUser(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	modeltest.Migrate(t, db)
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	if got := words(t, users); !slices.Equal(got, []string{"database-user"}) {
		t.Errorf("the owner: %v", got)
	}
	role := "ginauth_" + strings.ToLower(rand.Text())
	err = db.Transaction(func(tx *gorm.DB) error {
		modeltest.Execute(t, tx, "CREATE ROLE "+role, "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
			"GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role, "SET LOCAL ROLE "+role)
		inside, err := models.UsersOf(tx)
		if err != nil {
			return err
		}
		if got := words(t, inside); len(got) > 0 {
			t.Errorf("a user without the right: %v", got)
		}
		return gorm.ErrInvalidTransaction // roll back
	})
	if err == nil {
		t.Error("the role was not rolled back")
	}
	pool, err := db.DB()
	if err == nil {
		err = pool.Close()
	}
	if got := words(t, users); err != nil || !slices.Contains(got, "database") {
		t.Errorf("a database that does not answer: %v, %v", got, err)
	}
}
