package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
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

// MigrationPlan returns the tables and indexes that [Migrate] would make, in
// words such as "table auth_user", and makes none of them. It is empty if there
// is nothing to do.
func MigrationPlan(db *gorm.DB) ([]string, error) {
	if db == nil {
		return nil, errNilDatabase
	}
	user, err := userTableOf(db)
	if err != nil {
		return nil, err
	}
	plan, err := djangoschema.Plan(db, user)
	if err != nil {
		return nil, fmt.Errorf("models: migrate: %w", err)
	}
	return plan, nil
}
