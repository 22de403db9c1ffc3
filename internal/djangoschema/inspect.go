package djangoschema

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// inventory is what a database already contains.
type inventory struct {
	tables     map[string]bool
	apps       map[string]bool // the Django apps with a recorded migration
	migrations map[string]bool // the recorded migrations, as app.name
}

// inspect takes the inventory. A table counts if a statement finds it by its
// bare name.
func inspect(tx *gorm.DB) (inventory, error) {
	tables, err := names(tx, sqlkit.CatalogOf(tx).Tables)
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

// has reports whether an app is recorded. One migration of a Django app is
// enough, whatever Django's version; of ginauth's own apps each migration
// counts.
func (found inventory) has(a app) bool {
	if a.label == ownApp {
		return found.migrations[a.label+"."+a.migrations[0]]
	}
	return found.apps[a.label]
}

// names returns the set of strings that a query returns.
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
