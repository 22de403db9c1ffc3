package models

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Migrate creates the tables of Django's apps contenttypes, auth, authtoken,
// guardian, rest_framework_api_key, token_blacklist and sessions on PostgreSQL
// or SQLite, exactly as Django 4.2 and later do, and records Django's
// migrations of them in django_migrations. Django can then be pointed at the
// database (manage.py migrate --fake-initial). Migrate also creates ginauth's
// own tables, whose names begin with ginauth_. A later Migrate finds nothing to
// do.
//
// Migrate does not change existing tables of Django's. It adds indexes to
// ginauth's own, and may recreate ginauth_login_failure, which holds nothing
// that has to last. It leaves alone an app that django_migrations knows, and an
// app whose tables all exist. A database that Django made gets ginauth's own
// tables and those of the apps above that it lacks. If only some of an app's
// tables exist, the error names them.
//
// With [AuthUserModel] the application creates the table of its user model
// first. These tables refer to it: authtoken_token, token_blacklist's tables
// and, if the struct embeds [PermissionsMixin], guardian's and those that join
// it to groups and permissions. The apps that depend on it are not recorded and
// are as their first migration leaves them: Django does the rest. Only
// token_blacklist's tables are complete; tell Django so by manage.py migrate
// --fake token_blacklist.
//
// Migrate does everything in one transaction, or nothing. Several processes may
// run it at once.
func Migrate(db *gorm.DB) error {
	if db == nil {
		return errNilDatabase
	}
	user, err := userTableOf(db)
	if err != nil {
		return err
	}
	if err := djangoschema.Migrate(db, user); err != nil {
		return fmt.Errorf("models: migrate: %w", err)
	}
	return nil
}

// MigrationSQL returns the SQL that [Migrate] would run, and runs none of it
// (Django: sqlmigrate). It is a script for psql -v ON_ERROR_STOP=1 or sqlite3
// -bail: one transaction, which excludes other migrations. It is empty if there
// is nothing to do.
func MigrationSQL(db *gorm.DB) (string, error) {
	if db == nil {
		return "", errNilDatabase
	}
	user, err := userTableOf(db)
	if err != nil {
		return "", err
	}
	script, err := djangoschema.Script(db, user)
	if err != nil {
		return "", fmt.Errorf("models: migrate: %w", err)
	}
	return script, nil
}

func userTableOf(db *gorm.DB) (djangoschema.User, error) {
	if err := supported(db); err != nil {
		return djangoschema.User{}, err
	}
	t, err := describe(db, userModelOf(db))
	if err != nil {
		return djangoschema.User{}, err
	}
	return t.Django, nil
}

// ErrNotMigrated reports that the database lacks tables that [Migrate] makes.
// The error names them.
var ErrNotMigrated = djangoschema.ErrNotMigrated

// MigrationPlan returns what [Migrate] would make.
func (u internals) MigrationPlan(ctx context.Context) ([]string, error) {
	plan, err := djangoschema.Plan(u.db.WithContext(ctx), u.table.Django)
	if err != nil {
		return nil, fmt.Errorf("models: migrate: %w", err)
	}
	return plan, nil
}

// Preflight says what is wrong with the tables.
func (u internals) Preflight(ctx context.Context, more ...string) error {
	needed := append([]string{u.table.Django.Name}, more...)
	names := slices.Concat(needed, djangoschema.TableNames(u.table.Django))
	slices.Sort(names)
	absent, err := u.tables.Missing(ctx, u.db, slices.Compact(names)...)
	if err != nil {
		return nil //nolint:nilerr // the database does not answer
	}
	if !slices.Contains(absent, u.table.Django.Name) {
		if err := u.checkColumns(ctx); err != nil {
			return err
		}
	}
	if !u.looked.Swap(true) {
		u.logAbsent(ctx, absent)
	}
	absent = slices.DeleteFunc(absent, func(name string) bool { return !slices.Contains(needed, name) })
	if len(absent) > 0 {
		return djangoschema.Missing(absent...)
	}
	return nil
}

// logAbsent logs what does not work as long as tables are missing.
func (u *Users) logAbsent(ctx context.Context, absent []string) {
	message := ""
	switch {
	case slices.Contains(absent, u.table.Django.Name):
		message = djangoschema.Missing(u.table.Django.Name).Error()
	case slices.Contains(absent, djangoschema.EpochTable):
		message = "the credentials of a user cannot be revoked at once, and outlive a change of the password: " +
			djangoschema.Missing(djangoschema.EpochTable).Error() + "; this server need not be started again"
	default:
		return
	}
	// no arguments: GORM's logger for slog does not format
	u.db.Logger.Warn(ctx, "ginauth: "+message)
}

// checkColumns returns an error if the table lacks columns of the user model.
// Without them every look-up of a user would fail.
func (u *Users) checkColumns(ctx context.Context) error {
	if u.whole.Load() {
		return nil
	}
	catalog := sqlkit.CatalogOf(u.db)
	have, err := sqlkit.Texts(ctx, u.pool(), catalog.Columns+sqlkit.Placeholder(u.db, 1), u.table.Django.Name)
	if err != nil || len(have) == 0 {
		return nil //nolint:nilerr // the database does not answer, or the table has just gone
	}
	slices.Sort(have)
	for _, name := range u.table.Columns() {
		same := func(column string) bool {
			return column == name || catalog.FoldsCase && strings.EqualFold(column, name)
		}
		if !slices.ContainsFunc(have, same) {
			return fmt.Errorf("models: user model *%s: the table %q has no column %q; it has %s: "+
				"add the column, or correct the struct's tags",
				u.table.Type, u.table.Django.Name, name, strings.Join(have, ", "))
		}
	}
	u.whole.Store(true)
	return nil
}
