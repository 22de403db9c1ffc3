package sqlkit

import (
	"context"
	"database/sql"
	"errors"
	"iter"
)

// Rows iterates over the rows of a result. It ends after the first error; a
// loop that ends earlier closes the result. The timeout bounds the wait for
// each row, and not what the loop does with it.
func Rows(ctx context.Context, pool *Conn, query string, args ...any) iter.Seq2[*sql.Rows, error] {
	return func(yield func(*sql.Rows, error) bool) {
		d := within(ctx, pool.db())
		if err := d.end(each(&d, pool, query, args, yield)); err != nil {
			yield(nil, err)
		}
	}
}

func each(d *deadline, pool *Conn, query string, args []any, yield func(*sql.Rows, error) bool) error {
	rows, err := pool.query(d.ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if d.pause(); !yielded(d, rows, yield) {
			return nil
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// yielded passes a row to a loop, and starts the clock again for what follows:
// the next row, or the end of the result, also if the loop panics.
func yielded(d *deadline, rows *sql.Rows, yield func(*sql.Rows, error) bool) bool {
	defer d.resume()
	return yield(rows, nil)
}

// Row reads the columns of the first row of a result into the targets, and
// reports whether there is one.
func Row(ctx context.Context, pool *Conn, query string, args []any, targets ...any) (found bool, err error) {
	d := within(ctx, pool.db())
	defer func() { err = d.end(err) }()
	rows, err := pool.query(d.ctx, query, args)
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
func Texts(ctx context.Context, pool *Conn, query string, args ...any) (texts []string, err error) {
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
func Exec(ctx context.Context, pool *Conn, statement string, args ...any) (changed int64, err error) {
	d := within(ctx, pool.db())
	defer func() { err = d.end(err) }()
	result, err := pool.exec(d.ctx, statement, args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
