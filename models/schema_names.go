package models

import (
	"crypto/md5" //nolint:gosec // Django's choice, for names
	"encoding/hex"
	"strings"
)

// maxNameLength is PostgreSQL's, which Django shortens names to. SQLite has no limit, and Django's is 200 there; none of our
// names comes near it.
const maxNameLength = 63

// indexName is BaseDatabaseSchemaEditor._create_index_name.
func indexName(table string, columns []string, suffix string) string {
	hashed := digest(append([]string{table}, columns...)) + suffix
	name := table + "_" + strings.Join(columns, "_") + "_" + hashed
	if len(name) <= maxNameLength {
		return name
	}
	if len(hashed) > maxNameLength/3 {
		hashed = hashed[:maxNameLength/3]
	}
	other := (maxNameLength-len(hashed))/2 - 1
	return cut(table, other) + "_" + cut(strings.Join(columns, "_"), other) + "_" + hashed
}

// foreignKeyName is BaseDatabaseSchemaEditor._fk_constraint_name.
func foreignKeyName(table string, c column) string {
	return indexName(table, []string{c.name}, "_fk_"+c.references.table+"_"+c.references.column)
}

// digest is names_digest with a length of 8.
func digest(names []string) string {
	sum := md5.Sum([]byte(strings.Join(names, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])[:8]
}

func cut(s string, n int) string { return s[:min(n, len(s))] }
