package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// TestTablesThatComeLater checks that a server that was started before Migrate,
// on a database in any state, obeys from its next request on what another
// server does afterwards.
func TestTablesThatComeLater(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		start func(t *testing.T, db *gorm.DB)
	}{
		{"Django's alone", func(t *testing.T, db *gorm.DB) { dbtest.Fixture(t, db) }},
		{"empty", func(*testing.T, *gorm.DB) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dbtest.RunURL(t, func(t *testing.T, url string) {
				row.start(t, dbtest.Open(t, url))
				early := dbtest.Open(t, url)
				if err := early.Use(models.SecretKeys{modeltest.DjangoKey}); err != nil {
					t.Fatal(err)
				}
				sessions, err := session.Of(early, session.Config{})
				if err != nil {
					t.Fatal(err)
				}
				_, _ = sessions.Users().ByUsername(t.Context(), "alice") // asks for the table, which is missing

				late := dbtest.Open(t, url)
				users := modeltest.Migrated(t, late)
				if _, err := users.ByUsername(t.Context(), "alice"); errors.Is(err, models.ErrNotFound) {
					modeltest.Create(t, late, "alice", "porridge")
				}
				alice := modeltest.Lookup(t, sessions.Users(), "alice")
				current, err := sessions.Login(t.Context(), "", alice)
				if err != nil {
					t.Fatal(err)
				}
				if err := users.RevokeAll(t.Context(), modeltest.Lookup(t, users, "alice")); err != nil {
					t.Fatal(err)
				}
				found, err := sessions.Find(t.Context(), string(current.Key))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := sessions.User(t.Context(), found); !errors.Is(err, session.ErrStale) {
					t.Errorf("a session outlives RevokeAll on another server: %v", err)
				}
			})
		})
	}
}

// TestAbsenceCostsNoStatement checks that looking a user up is one statement,
// with and without a table of epochs.
func TestAbsenceCostsNoStatement(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		users := modeltest.UsersOf(t, counted)
		look := func() (epoch.Epoch, int) {
			counter.Statements()
			user := modeltest.Lookup(t, users, "alice")
			n := counter.Statements()
			e, known := user.(*models.User).LoadedEpoch()
			if !known {
				t.Error("the user was loaded in no epoch")
			}
			return e, n
		}
		for range 2 {
			if e, n := look(); e != 0 || n != 1 {
				t.Errorf("without the table: epoch %d, %d statements", e, n)
			}
		}
		other := dbtest.Open(t, url)
		if err := models.Migrate(other); err != nil {
			t.Fatal(err)
		}
		if err := modeltest.UsersOf(t, other).RevokeAll(t.Context(), modeltest.Lookup(t, modeltest.UsersOf(t, other), "alice")); err != nil {
			t.Fatal(err)
		}
		if e, n := look(); e == 0 || n > 2 {
			t.Errorf("at first: epoch %d, %d statements", e, n)
		}
		if e, n := look(); e == 0 || n != 1 {
			t.Errorf("then: epoch %d, %d statements", e, n)
		}
	})
}

// TestTheBlacklistThatComesLater checks that refresh tokens are put on a
// blacklist that Django has created since the server was started.
func TestTheBlacklistThatComesLater(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		modeltest.Execute(t, db, `DROP TABLE token_blacklist_blacklistedtoken`, `DROP TABLE token_blacklist_outstandingtoken`,
			`DELETE FROM django_migrations WHERE app = 'token_blacklist'`)
		server := modeltest.UsersOf(t, dbtest.Open(t, url))
		if err := server.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if err := models.Migrate(dbtest.Open(t, url)); err != nil {
			t.Fatal(err)
		}
		list, err := refreshtoken.Of(db)
		if err != nil {
			t.Fatal(err)
		}
		token := modeltest.Outstanding("one")
		token.User = modeltest.Lookup(t, users, "alice")
		token.Epoch, _ = token.User.(*models.User).LoadedEpoch()
		if err := list.Issue(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if err := server.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if listed, err := list.Contains(t.Context(), "one"); !listed || err != nil {
			t.Errorf("listed: %v, %v", listed, err)
		}
	})
}

// TestMissingTablesAreLogged checks that they are logged once, when the server
// starts.
func TestMissingTablesAreLogged(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		start func(t *testing.T, db *gorm.DB)
		want  string // empty: no warning
	}{
		{"empty", func(*testing.T, *gorm.DB) {}, `no table auth_user: run "ginauth migrate" first`},
		{"Django's alone", func(t *testing.T, db *gorm.DB) { dbtest.Fixture(t, db) }, `no table ginauth_epoch: run "ginauth migrate" first`},
		{"migrated", func(t *testing.T, db *gorm.DB) {
			if err := models.Migrate(db); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				row.start(t, db)
				log := &warnings{Interface: logger.Discard}
				db.Logger = log
				for range 3 {
					modeltest.UsersOf(t, db)
				}
				switch {
				case row.want == "" && len(log.warned) > 0, row.want != "" && len(log.warned) != 1:
					t.Errorf("log: %q", log.warned)
				case row.want != "" && !strings.Contains(log.warned[0], row.want):
					t.Errorf("log: %q, want %q", log.warned, row.want)
				}
			})
		})
	}
}

// warnings collects the warnings that GORM logs.
type warnings struct {
	logger.Interface
	mu     sync.Mutex
	warned []string
}

func (l *warnings) Warn(_ context.Context, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.warned = append(l.warned, fmt.Sprintf(format, args...))
}

func TestCheckTables(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		users := modeltest.UsersOf(t, dbtest.Open(t, url))
		var missing *djangoschema.MissingTables
		if err := userkit.Of(users).Preflight(t.Context(), "authtoken_token"); !errors.As(err, &missing) || !errors.Is(err, models.ErrNotMigrated) || len(missing.Names) != 2 {
			t.Errorf("empty: %v", err)
		}
		if err := models.Migrate(dbtest.Open(t, url)); err != nil {
			t.Fatal(err)
		}
		if err := userkit.Of(users).Preflight(t.Context(), "authtoken_token"); err != nil {
			t.Errorf("migrated: %v", err)
		}
		if err := userkit.Of(users).Preflight(t.Context(), "authtoken_token", "nothing"); !errors.As(err, &missing) || missing.Names[0] != "nothing" {
			t.Errorf("another table: %v", err)
		}
	})
}

// TestTablesThatAreRolledBack checks that a table seen inside a transaction is
// not taken to exist afterwards.
func TestTablesThatAreRolledBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		rollBack := errors.New("rolled back")
		err := db.Transaction(func(tx *gorm.DB) error {
			users := modeltest.Migrated(t, tx)
			if err := users.RevokeAll(t.Context(), modeltest.Lookup(t, users, "alice")); err != nil {
				return err
			}
			return rollBack
		})
		if !errors.Is(err, rollBack) {
			t.Fatal(err)
		}
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := users.ByUsername(t.Context(), "alice"); err != nil {
			t.Error(err)
		}
		if there, err := userkit.Of(users).EpochsExist(t.Context()); there || err != nil {
			t.Error(there, err)
		}
	})
}

// TestAUserTableWithoutItsColumns checks that this is an error of Preflight,
// not of every request.
func TestAUserTableWithoutItsColumns(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		if err := db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}); err != nil {
			t.Fatal(err)
		}
		modeltest.UsersOf(t, db) // a missing table is not an error: it may come later
		if err := db.AutoMigrate(&modeltest.Account{}); err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, `ALTER TABLE accounts DROP COLUMN password`)
		other := dbtest.Open(t, url)
		if err := other.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err := userkit.Of(modeltest.UsersOf(t, other)).Preflight(t.Context())
			if err == nil || !strings.Contains(err.Error(), `the table "accounts" has no column "password"; it has`) {
				t.Errorf("%v", err)
			}
		}
		modeltest.Execute(t, db, `ALTER TABLE accounts ADD COLUMN "PassWord" varchar(128) NOT NULL DEFAULT ''`)
		err := userkit.Of(modeltest.UsersOf(t, other)).Preflight(t.Context())
		if (err != nil) != (db.Name() == "postgres") { // there it is another column
			t.Errorf("another case: %v", err)
		}
		modeltest.Execute(t, db, `ALTER TABLE accounts RENAME COLUMN "PassWord" TO password`)
		if err := userkit.Of(modeltest.UsersOf(t, other)).Preflight(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestADatabaseThatDoesNotAnswer checks that an outage does not prevent the
// start.
func TestADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		modeltest.Migrated(t, dbtest.Open(t, url))
		db, outage := dbtest.WithOutage(t, url)
		outage.Begin(0, true)
		users := modeltest.UsersOf(t, db)
		if err := userkit.Of(users).Preflight(t.Context()); err != nil || !outage.End() {
			t.Fatalf("Preflight: %v", err)
		}
		modeltest.Create(t, db, "alice", "pw")
		alice := modeltest.Lookup(t, users, "alice")
		if err := users.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if e, _ := modeltest.Lookup(t, users, "alice").(*models.User).LoadedEpoch(); e == 0 {
			t.Error("the end of an epoch is not seen")
		}
	})
}
