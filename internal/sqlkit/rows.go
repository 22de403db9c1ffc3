package sqlkit

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"gorm.io/gorm"
)

// Rows iterates over the rows of a result. It ends after the first error; a
// loop that ends earlier closes the result.
func Rows(ctx context.Context, pool gorm.ConnPool, query string, args ...any) iter.Seq2[*sql.Rows, error] {
	return func(yield func(*sql.Rows, error) bool) {
		rows, err := pool.QueryContext(ctx, query, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			if !yield(rows, nil) {
				return
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			yield(nil, err)
		}
	}
}

// Row reads the columns of the first row of a result into the targets, and
// reports whether there is one.
func Row(ctx context.Context, pool gorm.ConnPool, query string, args []any, targets ...any) (found bool, err error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := errors.Join(rows.Scan(targets...), rows.Close()); err != nil {
		return false, err
	}
	return true, nil
}

// Unwanted returns destinations that discard the values of n columns.
func Unwanted(n int) []any {
	targets := make([]any, n)
	for i := range targets {
		targets[i] = unwanted{}
	}
	return targets
}

type unwanted struct{}

// Scan implements [sql.Scanner].
func (unwanted) Scan(any) error { return nil }

// Texts returns the first column of a result.
func Texts(ctx context.Context, pool gorm.ConnPool, query string, args ...any) (texts []string, err error) {
	for rows, err := range Rows(ctx, pool, query, args...) {
		var text string
		if err == nil {
			err = rows.Scan(&text)
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// Exec executes a statement and returns the number of rows that it changed.
func Exec(ctx context.Context, pool gorm.ConnPool, statement string, args ...any) (int64, error) {
	result, err := pool.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
