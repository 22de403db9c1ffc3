package djangoschema

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Migrate brings a database to the state that models.Migrate describes.
func Migrate(db *gorm.DB, user User) error {
	m := newMigration(db.Session(&gorm.Session{NewDB: true}), user)
	// Usually there is nothing to do. Finding that out needs neither the lock
	// nor the right to write.
	if todo, err := m.pending(m.db); err == nil && len(todo) == 0 {
		return nil
	}
	return Exclusively(m.db.Statement.Context, m.db, m.run)
}

// TableNames returns the names of all tables that a migration makes.
func TableNames(user User) (names []string) {
	for _, a := range allApps(user) {
		for _, t := range a.tables {
			names = append(names, t.name)
		}
	}
	return names
}

func allApps(user User) []app { return append(djangoApps(user), ownApps(user)...) }

// migration is the state that Migrate brings a database to.
type migration struct {
	dialect
	db   *gorm.DB
	user User
	apps []app
}

func newMigration(db *gorm.DB, user User) *migration {
	return &migration{dialect: dialectOf(db), db: db, user: user, apps: allApps(user)}
}

// run creates and records the pending apps. No other migration runs meanwhile.
func (m *migration) run(tx *gorm.DB) error {
	todo, err := m.pending(tx)
	if err != nil {
		return err
	}
	for _, s := range m.steps(todo) {
		if err := tx.Exec(s.sql).Error; err != nil {
			return fmt.Errorf("%s: %w", s.purpose, err)
		}
	}
	return nil
}

// step is one statement of a migration. It has no parameters, so that it can
// also be printed.
type step struct{ purpose, sql string }

// steps returns the statements that create and record apps.
func (m *migration) steps(todo []app) (steps []step) {
	for _, a := range todo {
		for _, t := range a.tables {
			if a.replaces != "" {
				steps = append(steps, step{"drop " + t.name, "DROP TABLE IF EXISTS " + quoteName(t.name)})
			}
			for _, statement := range m.ddl(t) {
				steps = append(steps, step{"create " + t.name, statement})
			}
		}
		for _, x := range a.added {
			steps = append(steps, step{"create index " + x.name, createIndex(x.table, x.index)})
		}
		for _, name := range a.migrations {
			steps = append(steps, step{"record " + a.label + "." + name, m.record(a.label, name)})
		}
	}
	return steps
}

func (m *migration) record(label, name string) string {
	return fmt.Sprintf(`INSERT INTO "django_migrations" ("app", "name", "applied") VALUES (%s, %s, %s)`,
		quoteText(label), quoteText(name), m.now)
}

// pending returns the apps whose tables are to be created.
func (m *migration) pending(tx *gorm.DB) ([]app, error) {
	found, err := inspect(tx)
	if err != nil {
		return nil, err
	}
	if m.user.Swapped && !found.tables[m.user.Name] {
		return nil, fmt.Errorf("the user model's table %q does not exist; "+
			"create it first, for example with db.AutoMigrate", m.user.Name)
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
		var present, absent []string
		for _, t := range a.tables {
			if found.tables[t.name] {
				present = append(present, t.name)
			} else {
				absent = append(absent, t.name)
			}
		}
		if len(absent) > 0 && len(present) > 0 {
			return nil, fmt.Errorf("%s has the tables %s but not %s, "+
				"and django_migrations has no record of it; restore or drop them",
				a.label, strings.Join(present, ", "), strings.Join(absent, ", "))
		}
		if len(absent) > 0 {
			todo = append(todo, a)
		}
	}
	return todo, nil
}
