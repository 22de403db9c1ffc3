package prune

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/batches"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// table says which rows of a table are deleted. In its SQL the table is called
// t, and each ? stands for a parameter.
type table struct {
	name string
	key  column // unique
	due  string // the condition
	args []any  // of due

	// order is the indexed column along which the table is read, and first a
	// value before all others. onlyDue says that due rows come first in that
	// order, so that the others need not be read.
	order   string
	first   any
	onlyDue bool

	// before deletes what refers to rows of the table; its ? stands for the
	// list of their keys. unless keeps rows that others still refer to.
	before, unless string
}

// column is a column of texts or of integers.
type column struct {
	name    string
	integer bool
}

// prune deletes the rows that are due, in batches. Each batch is a transaction
// of its own that first locks its rows and thereby sees their latest state: a
// session that was extended meanwhile stays. On PostgreSQL it passes over rows
// that others hold; the next prune finds those. So it never waits for a row,
// and cannot deadlock.
func (t table) prune(ctx context.Context, db *gorm.DB) (deleted int64, err error) {
	at := window{to: t.first, done: true}
	deleted, err = batches.Run(ctx, db.Name() == "sqlite", func(ctx context.Context) (n int64, more bool, err error) {
		if at.done {
			if at, err = t.next(ctx, db, at.to); err != nil || at.rows == 0 {
				return 0, false, err
			}
		}
		n, err = t.batch(ctx, db, at)
		at.done = n < batches.Size // or many rows have the same value of order
		return n, !at.done || at.rows == windowSize, err
	})
	if err != nil {
		return deleted, fmt.Errorf("prune %s: %w", t.name, err)
	}
	return deleted, nil
}

// windowSize is less than a batch, so that a full batch tells that there may be
// more in the window.
const windowSize = batches.Size - 1

// window is a part of a table: the rows whose values of order are greater than
// after, and not greater than to.
type window struct {
	after, to any
	rows      int  // windowSize, unless it is the last window
	done      bool // nothing in it is due any more
}

// next returns the window after a value. It holds more than windowSize rows only
// if several have the value at its end.
func (t table) next(ctx context.Context, db *gorm.DB, after any) (window, error) {
	due, args := "", []any{after}
	if t.onlyDue {
		due, args = "AND ("+t.due+") ", append(args, t.args...)
	}
	query := fmt.Sprintf(`SELECT MAX(w."o"), COUNT(*) FROM (`+
		`SELECT t.%[2]s AS "o" FROM %[1]s t WHERE t.%[2]s > ? %[3]sORDER BY t.%[2]s LIMIT %[4]d) w`,
		quote(t.name), quote(t.order), due, windowSize)
	w := window{after: after}
	_, err := sqlkit.Row(ctx, sqlkit.Pool(db), numbered(db, query), args, &w.to, &w.rows)
	if text, ok := w.to.([]byte); ok { // some drivers
		w.to = string(text)
	}
	return w, err
}

// batch deletes the due rows of a window, [batches.Size] of them at most.
func (t table) batch(ctx context.Context, db *gorm.DB, at window) (deleted int64, err error) {
	err = sqlkit.Transaction(ctx, db, func(tx *gorm.DB) error {
		deleted = 0
		args := append([]any{at.after, at.to}, t.args...)
		keys, err := sqlkit.Texts(ctx, sqlkit.Pool(tx), numbered(tx, t.lock(tx)), args...)
		if err != nil || len(keys) == 0 {
			return err
		}
		list, err := json.Marshal(keys)
		if err != nil {
			return err
		}
		for _, statement := range t.deletions(tx) {
			if deleted, err = sqlkit.Exec(ctx, sqlkit.Pool(tx), numbered(tx, statement), string(list)); err != nil {
				return err
			}
		}
		return nil
	})
	return deleted, err
}

// lock returns the query that locks the due rows of a window, and returns their
// keys as texts.
func (t table) lock(db *gorm.DB) string {
	return fmt.Sprintf(`SELECT CAST(t.%s AS text) FROM %s t WHERE t.%[3]s > ? AND t.%[3]s <= ? AND (%s) LIMIT %d%s`,
		quote(t.key.name), quote(t.name), quote(t.order), t.due, batches.Size, skipLocked(db, "t"))
}

// deletions returns the statements of a batch; the last deletes the rows of the
// table. Each takes the list of keys.
func (t table) deletions(db *gorm.DB) (statements []string) {
	if t.before != "" {
		statements = append(statements, strings.Replace(t.before, "?", listed(db, t.key), 1))
	}
	deletion := fmt.Sprintf(`DELETE FROM %s AS t WHERE t.%s IN (%s)`,
		quote(t.name), quote(t.key.name), listed(db, t.key))
	if t.unless != "" {
		deletion += " AND NOT (" + t.unless + ")"
	}
	return append(statements, deletion)
}

// listed returns the query for the keys in a list, which is a parameter. The
// text of a statement is thereby the same for any number of keys.
func listed(db *gorm.DB, key column) string {
	typ := "text"
	if key.integer {
		typ = "bigint"
	}
	if db.Name() == "sqlite" {
		return "SELECT CAST(value AS " + typ + ") FROM json_each(?)"
	}
	return "SELECT CAST(k AS " + typ + ") FROM json_array_elements_text(CAST(? AS json)) AS l(k)"
}

// skipLocked returns the end of a SELECT that locks the rows of a table, except
// those that another transaction holds. SQLite has a single lock, which the
// transaction holds from its beginning.
func skipLocked(db *gorm.DB, alias string) string {
	if db.Name() == "sqlite" {
		return ""
	}
	return " FOR UPDATE OF " + alias + " SKIP LOCKED"
}

// numbered returns a statement with the parameters of the dialect.
func numbered(db *gorm.DB, statement string) string {
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			b.WriteString(sqlkit.Placeholder(db, i))
		}
		b.WriteString(part)
	}
	return b.String()
}

func quote(name string) string { return `"` + name + `"` }
