package models

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Migrate makes the tables of Django's applications contenttypes, auth and authtoken, as Django 4.2 and later make them, on
// SQLite or PostgreSQL. What it makes it records in Django's own table django_migrations, so that a Django that is pointed at the
// database finds nothing to do.
//
// An application that is recorded there, or whose tables are all there, is left alone: on a database that Django made nothing is
// changed. It is an error if an application has some of its tables only. All is done in one transaction; several servers may
// call it at the same time.
//
// With an application's own user model (see [AuthUserModel]) its table must exist; instead of auth_user the join tables with
// groups and permissions are made beside it.
func Migrate(db *gorm.DB) error {
	user, err := userTableOf(db)
	if err != nil {
		return err
	}
	d, ok := dialects[db.Name()]
	if !ok {
		return fmt.Errorf("models: Migrate knows SQLite and PostgreSQL, not %s", db.Name())
	}
	m := migration{db, d}
	if user.Swapped && !db.Migrator().HasTable(user.Name) {
		return fmt.Errorf("models: migrate: the table %s of the user model does not exist; make it first, e.g. with AutoMigrate", user.Name)
	}
	if pending, err := m.pending(user); err == nil && len(pending) == 0 {
		return nil // the usual case, which needs no lock
	}
	return db.Transaction(func(tx *gorm.DB) error {
		m := migration{tx, d}
		if err := m.lock(); err != nil {
			return fmt.Errorf("models: migrate: %w", err)
		}
		pending, err := m.pending(user) // what was seen before may have been another server's work, half done
		if err != nil {
			return err
		}
		for _, a := range pending {
			if err := m.apply(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// migration makes tables through db.
type migration struct {
	db *gorm.DB
	dialect
}

// lockKey is an arbitrary number that only Migrate uses.
const lockKey = 0x67696e61757468 // "ginauth"

// lock waits until no other Migrate runs. SQLite has one writer at a time, once it writes.
func (m migration) lock() error {
	if m.db.Name() == "postgres" {
		return m.db.Exec("SELECT pg_advisory_xact_lock(?)", lockKey).Error
	}
	return errors.Join(m.db.Exec("CREATE TABLE ginauth_lock (x integer)").Error, m.db.Exec("DROP TABLE ginauth_lock").Error)
}

// pending returns the applications that are not there yet.
func (m migration) pending(user userTable) (pending []app, err error) {
	for _, a := range apps(user) {
		recorded, err := m.recorded(a)
		if err != nil {
			return nil, fmt.Errorf("models: migrate: %w", err)
		}
		if recorded {
			continue
		}
		present, absent := m.presence(a.tables)
		switch {
		case len(absent) == 0:
		case len(present) > 0:
			return nil, fmt.Errorf("models: migrate: the application %s has the tables %s, but not %s",
				a.label, strings.Join(present, ", "), strings.Join(absent, ", "))
		default:
			pending = append(pending, a)
		}
	}
	return pending, nil
}

func (m migration) presence(tables []table) (present, absent []string) {
	for _, t := range tables {
		if m.db.Migrator().HasTable(t.name) {
			present = append(present, t.name)
		} else {
			absent = append(absent, t.name)
		}
	}
	return present, absent
}

// apply makes the tables of an application and records it.
func (m migration) apply(a app) error {
	for _, t := range a.tables {
		if err := m.create(t); err != nil {
			return fmt.Errorf("models: migrate: %w", err)
		}
	}
	if err := m.record(a); err != nil {
		return fmt.Errorf("models: migrate: record %s: %w", a.label, err)
	}
	return nil
}

func (m migration) create(t table) error {
	for _, statement := range m.dialect.create(t) {
		if err := m.db.Exec(statement).Error; err != nil {
			return fmt.Errorf("create %s: %w", t.name, err)
		}
	}
	return nil
}

// recorded reports whether Django, or we, have made the application's tables.
func (m migration) recorded(a app) (bool, error) {
	if len(a.migrations) == 0 || !m.db.Migrator().HasTable(djangoMigrations.name) {
		return false, nil
	}
	var n int64
	err := m.db.Table(djangoMigrations.name).Where("app = ?", a.label).Count(&n).Error
	return n > 0, err
}

func (m migration) record(a app) error {
	if len(a.migrations) == 0 {
		return nil
	}
	if !m.db.Migrator().HasTable(djangoMigrations.name) {
		if err := m.create(djangoMigrations); err != nil {
			return err
		}
	}
	applied := now()
	for _, name := range a.migrations {
		err := m.db.Exec("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", a.label, name, applied).Error
		if err != nil {
			return err
		}
	}
	return nil
}
