package dbtest

import (
	"context"
	"database/sql/driver"
	"errors"
)

// outageConn is a connection of a driver that implements all of the optional
// interfaces, as those of package database do.
type outageConn struct {
	driver.Conn
	outage *Outage
	rows   map[driver.Rows]bool // the open ones: SQLite requires them to be closed first
	stmts  map[driver.Stmt]bool // the same
	cut    bool
}

// sever ends the connection and whatever was in progress on it.
func (c *outageConn) sever() (err error) {
	c.cut = true
	for rows := range c.rows {
		err = errors.Join(err, rows.Close())
	}
	for stmt := range c.stmts {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, c.Conn.Close())
}

func (c *outageConn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (result driver.Result, err error) {
	err = c.outage.step(c, query, func() (err error) {
		result, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	})
	return result, err
}

func (c *outageConn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (rows driver.Rows, err error) {
	return c.query(query, func() (driver.Rows, error) {
		return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	})
}

func (c *outageConn) query(text string, run func() (driver.Rows, error)) (rows driver.Rows, err error) {
	err = c.outage.step(c, text, func() (err error) {
		if rows, err = run(); err == nil {
			c.rows[rows] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &outageRows{rows, c, false}, nil
}

// PrepareContext is no step; each use of the statement is one.
func (c *outageConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if c.cut {
		return nil, ErrGone
	}
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.stmts[stmt] = true
	return outageStmt{stmt, c, query}, nil
}

func (c *outageConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.outage.step(c, "BEGIN", func() (err error) {
		tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
		return err
	})
	return outageTx{tx, c}, err
}

func (c *outageConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *outageConn) ResetSession(ctx context.Context) error {
	if c.cut {
		return driver.ErrBadConn
	}
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

func (c *outageConn) IsValid() bool { return !c.cut }

func (c *outageConn) Close() error {
	if c.cut {
		return nil
	}
	return c.Conn.Close()
}

type outageStmt struct {
	driver.Stmt
	conn *outageConn
	text string
}

func (s outageStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.conn.outage.step(s.conn, s.text, func() (err error) {
		result, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return result, err
}

func (s outageStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(s.text, func() (driver.Rows, error) {
		return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}

func (s outageStmt) Close() error {
	if s.conn.cut {
		return nil
	}
	delete(s.conn.stmts, s.Stmt)
	return s.Stmt.Close()
}

type outageTx struct {
	driver.Tx
	conn *outageConn
}

func (tx outageTx) Commit() error { return tx.conn.outage.step(tx.conn, "COMMIT", tx.Tx.Commit) }

func (tx outageTx) Rollback() error {
	if tx.conn.cut {
		return ErrGone
	}
	return tx.Tx.Rollback()
}

type outageRows struct {
	driver.Rows
	conn    *outageConn
	started bool
}

func (r *outageRows) Next(dest []driver.Value) error {
	if r.started {
		return r.Rows.Next(dest)
	}
	r.started = true
	return r.conn.outage.step(r.conn, "", func() error { return r.Rows.Next(dest) })
}

func (r *outageRows) Close() error {
	if r.conn.cut {
		return nil
	}
	delete(r.conn.rows, r.Rows)
	return r.Rows.Close()
}
