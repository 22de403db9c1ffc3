package sqlkit

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"gorm.io/gorm"
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

// Returning executes a statement that changes rows and returns columns of them
// (RETURNING), and reads those of the first one into the targets. It reports
// whether there is one.
func Returning(ctx context.Context, pool *Conn, statement string, args []any, targets ...any) (found bool, err error) {
	d := within(ctx, pool.db())
	defer func() { err = d.end(err) }()
	read := func(rows *sql.Rows, err error) error {
		if err == nil {
			found, err = first(rows, targets)
		}
		return err
	}
	if Begun(pool.db()) {
		err = read(pool.under().QueryContext(d.ctx, statement, args...))
		return found, err
	}
	defer noteWrite(pool.db())
	err = again(d.ctx, pool.db(), func(before cause) error {
		if before != conflict {
			return read(queryPool(d.ctx, pool.db(), statement, args))
		}
		return readCommitted(d.ctx, pool.db(), func(tx *gorm.DB) error {
			return read(behindCache(tx).QueryContext(d.ctx, statement, args...))
		})
	})
	return found, err
}

// first reads a result to its end, which says that the statement has succeeded,
// and its first row into the targets.
func first(rows *sql.Rows, targets []any) (found bool, err error) {
	defer rows.Close()
	for rows.Next() && err == nil {
		if !found {
			err = rows.Scan(targets...)
		}
		found = true
	}
	return found, errors.Join(err, rows.Err(), rows.Close())
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
