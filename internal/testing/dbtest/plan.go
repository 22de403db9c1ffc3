package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"
)

// Recorder keeps the queries that reach a database.
type Recorder struct {
	gorm.ConnPool
	queries []Query
}

// Query is a query with its arguments.
type Query struct {
	Text string
	Args []any
}

// Record returns a handle of the same database, and a recorder of the queries
// that go through it.
func Record(db *gorm.DB) (*gorm.DB, *Recorder) {
	recorded, counter := Count(db)
	recorder := &Recorder{ConnPool: counter.ConnPool}
	counter.ConnPool = recorder
	return recorded, recorder
}

// QueryContext keeps a query.
func (r *Recorder) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	r.queries = append(r.queries, Query{text, args})
	return r.ConnPool.QueryContext(ctx, text, args...)
}

// Queries returns the queries so far, and forgets them.
func (r *Recorder) Queries() []Query {
	queries := r.queries
	r.queries = nil
	return queries
}

// Plan returns the database's plan for a query.
func Plan(t testing.TB, db *gorm.DB, q Query) string {
	t.Helper()
	verb := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[db.Name()]
	rows, err := db.Statement.ConnPool.QueryContext(t.Context(), verb+q.Text, q.Args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	return lines(t, rows)
}

// lines returns the last columns of all rows.
func lines(t testing.TB, rows *sql.Rows) string {
	t.Helper()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		if err := rows.Scan(row...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, *row[len(row)-1].(*any))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
