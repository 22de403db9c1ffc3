package sqlkit

import "gorm.io/gorm"

// Catalog holds the queries by which a database tells what it contains.
type Catalog struct {
	Tables    string // for the names of the tables that a statement finds by their bare names
	named     string // the condition that adds a list of names, in brackets, to Tables
	Columns   string // for a table's columns, to be followed by the table's name
	FoldsCase bool   // columns whose names differ only in case are the same
}

// CatalogOf returns the catalog of a database.
func CatalogOf(db *gorm.DB) Catalog {
	if db.Name() == "sqlite" {
		return Catalog{
			Tables:    `SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`,
			named:     ` AND name IN `,
			Columns:   `SELECT c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.name = `,
			FoldsCase: true,
		}
	}
	return Catalog{
		Tables: `SELECT relname FROM pg_catalog.pg_class
			WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(oid)`,
		named: ` AND relname IN `,
		Columns: `SELECT attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
			WHERE attnum > 0 AND NOT attisdropped AND pg_catalog.pg_table_is_visible(c.oid) AND relname = `,
	}
}

// TableExists returns an SQL condition: whether a table, whose name needs no
// quoting, exists for the statement that asks.
func TableExists(db *gorm.DB, table string) string {
	c := CatalogOf(db)
	return "EXISTS (" + c.Tables + c.named + "('" + table + "'))"
}
