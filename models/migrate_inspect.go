package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// inventory is what a database has already.
type inventory struct {
	tables     map[string]bool
	apps       map[string]bool // the Django apps of which a migration is recorded
	migrations map[string]bool // those that are recorded, as app.name
}

// inspect takes the inventory. Tables count if a statement finds them by their bare names.
func (d dialect) inspect(tx *gorm.DB) (inventory, error) {
	tables, err := names(tx, d.tables)
	if err != nil {
		return inventory{}, fmt.Errorf("list tables: %w", err)
	}
	found := inventory{tables: tables}
	if !tables[migrationsTable().name] {
		return found, nil
	}
	if found.migrations, err = names(tx, `SELECT "app" || '.' || "name" FROM "django_migrations"`); err != nil {
		return inventory{}, fmt.Errorf("read django_migrations: %w", err)
	}
	found.apps = map[string]bool{}
	for name := range found.migrations {
		label, _, _ := strings.Cut(name, ".")
		found.apps[label] = true
	}
	return found, nil
}

// has reports whether an app is recorded. Of Django's, whatever their version, one migration is enough; of ginauth's own each counts.
func (found inventory) has(a app) bool {
	if a.label == ownApp {
		return found.migrations[a.label+"."+a.migrations[0]]
	}
	return found.apps[a.label]
}

// names is the set of strings that a query returns.
func names(tx *gorm.DB, query string) (map[string]bool, error) {
	var list []string
	if err := tx.Raw(query).Scan(&list).Error; err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(list))
	for _, name := range list {
		set[name] = true
	}
	return set, nil
}
