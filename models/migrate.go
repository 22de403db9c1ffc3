package models

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Migrate creates the tables of Django's apps contenttypes, auth, authtoken,
// guardian, rest_framework_api_key, token_blacklist and sessions on PostgreSQL
// or SQLite, exactly as Django 4.2 and later do, and records Django's
// migrations of them in django_migrations. Django can then be pointed at the
// database (manage.py migrate --fake-initial). Migrate also creates ginauth's
// own tables, whose names begin with ginauth_. A later Migrate finds nothing to
// do.
//
// Migrate does not change existing tables, except for ginauth_login_failure,
// which a later version may recreate: it holds nothing that has to last. It
// leaves alone an app that django_migrations knows, and an app whose tables all
// exist. A database that Django made gets ginauth's own tables and those of the
// apps above that it lacks. If only some of an app's tables exist, the error
// names them.
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
	m, err := newMigration(db.Session(&gorm.Session{NewDB: true}))
	if err != nil {
		return fmt.Errorf("models: migrate: %w", err)
	}
	// Usually there is nothing to do. Finding that out needs neither the lock
	// nor the right to write.
	if todo, err := m.pending(m.db); err == nil && len(todo) == 0 {
		return nil
	}
	if err := m.locked(m.db, m.run); err != nil {
		return fmt.Errorf("models: migrate: %w", err)
	}
	return nil
}

// migration is the state that Migrate brings a database to.
type migration struct {
	dialect
	db   *gorm.DB
	user userTable
	apps []app
}

func newMigration(db *gorm.DB) (*migration, error) {
	d, err := dialectOf(db)
	if err != nil {
		return nil, err
	}
	user, err := userTableOf(db)
	if err != nil {
		return nil, err
	}
	_, inGroups := userModelOf(db).newUser().(member)
	return &migration{dialect: d, db: db, user: user, apps: append(djangoApps(user, inGroups), ownApps(user)...)}, nil
}

// run creates and records what is pending. It has the database for itself.
func (m *migration) run(tx *gorm.DB) error {
	todo, err := m.pending(tx)
	if err != nil {
		return err
	}
	for _, a := range todo {
		for _, t := range a.tables {
			if a.replaces != "" {
				if err := tx.Exec(`DROP TABLE IF EXISTS "` + t.name + `"`).Error; err != nil {
					return fmt.Errorf("drop %s: %w", t.name, err)
				}
			}
			if err := m.create(tx, t); err != nil {
				return fmt.Errorf("create %s: %w", t.name, err)
			}
		}
		for _, name := range a.migrations {
			if err := m.record(tx, a.label, name); err != nil {
				return fmt.Errorf("record %s.%s: %w", a.label, name, err)
			}
		}
	}
	return nil
}

func (m *migration) create(tx *gorm.DB, t table) error {
	for _, statement := range m.ddl(t) {
		if err := tx.Exec(statement).Error; err != nil {
			return err
		}
	}
	return nil
}

func (m *migration) record(tx *gorm.DB, label, name string) error {
	return tx.Exec(`INSERT INTO "django_migrations" ("app", "name", "applied") VALUES (?, ?, `+m.now+`)`, label, name).Error
}

// pending returns the apps whose tables are to be created.
func (m *migration) pending(tx *gorm.DB) ([]app, error) {
	found, err := m.inspect(tx)
	if err != nil {
		return nil, err
	}
	if m.user.Swapped && !found.tables[m.user.Name] {
		return nil, fmt.Errorf("the user model's table %q does not exist; create it first, for example with db.AutoMigrate", m.user.Name)
	}
	todo, err := lacking(m.apps, found)
	if len(todo) > 0 && !found.tables[migrationsTable().name] {
		todo = slices.Insert(todo, 0, app{tables: []table{migrationsTable()}})
	}
	return todo, err
}

// lacking returns the apps that a database lacks.
func lacking(apps []app, found inventory) ([]app, error) {
	var todo []app
	for _, a := range apps {
		if found.has(a) {
			continue
		}
		if a.replaces != "" && found.migrations[a.label+"."+a.replaces] {
			todo = append(todo, a)
			continue
		}
		var there, absent []string
		for _, t := range a.tables {
			if found.tables[t.name] {
				there = append(there, t.name)
			} else {
				absent = append(absent, t.name)
			}
		}
		if len(absent) > 0 && len(there) > 0 {
			return nil, fmt.Errorf("of the tables of %s there are %s but not %s; django_migrations does not know it",
				a.label, strings.Join(there, ", "), strings.Join(absent, ", "))
		}
		if len(absent) > 0 {
			todo = append(todo, a)
		}
	}
	return todo, nil
}
