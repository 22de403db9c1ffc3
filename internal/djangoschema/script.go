package djangoschema

import (
	"strings"

	"gorm.io/gorm"
)

// Script returns what Migrate would run as a script for psql or sqlite3, one
// statement a line. It is empty if there is nothing to do.
func Script(db *gorm.DB, user User) (string, error) {
	m := newMigration(db.Session(&gorm.Session{NewDB: true}), user)
	todo, err := m.pending(m.db)
	if err != nil || len(todo) == 0 {
		return "", err
	}
	lines := m.begin
	for _, s := range m.steps(todo) {
		lines = append(lines, s.sql)
	}
	return strings.Join(append(lines, "COMMIT"), ";\n") + ";\n", nil
}

// Plan returns the tables and indexes that Migrate would make, in words.
func Plan(db *gorm.DB, user User) (plan []string, err error) {
	m := newMigration(db.Session(&gorm.Session{NewDB: true}), user)
	todo, err := m.pending(m.db)
	for _, a := range todo {
		for _, t := range a.tables {
			plan = append(plan, "table "+t.name)
		}
		for _, x := range a.added {
			plan = append(plan, "index "+x.name)
		}
	}
	return plan, err
}
