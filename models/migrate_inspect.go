package models

import (
	"fmt"

	"gorm.io/gorm"
)

// inventory is what a database has already.
type inventory struct {
	tables map[string]bool
	apps   map[string]bool // the Django apps of which a migration is recorded
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
	if found.apps, err = names(tx, `SELECT DISTINCT "app" FROM "django_migrations"`); err != nil {
		return inventory{}, fmt.Errorf("read django_migrations: %w", err)
	}
	return found, nil
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
