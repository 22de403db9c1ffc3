package policies

import (
	"context"
	"database/sql"
	"errors"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// This file holds what [Filter] knows of GORM beyond its documentation.
// TestGORMInternals fails when GORM changes any of it.

// hasContext reports whether a query was given a context. GORM starts the
// others with context.Background.
func hasContext(db *gorm.DB) bool { return db.Statement.Context != context.Background() }

// hasScopes reports whether scopes wait for the query to run. GORM keeps them
// in a private field; it reports true if that is gone.
func hasScopes(stmt *gorm.Statement) bool {
	waiting := reflect.ValueOf(stmt).Elem().FieldByName("scopes")
	return !waiting.IsValid() || waiting.Len() > 0
}

// runLast makes a scope that is running add another one. GORM runs that in a
// second round, after all scopes that were chained to the query.
func runLast(tx *gorm.DB, scope func(tx *gorm.DB) *gorm.DB) *gorm.DB { return tx.Scopes(scope) }

// alwaysBuilt are the clauses that GORM always builds: the first for an INSERT,
// the second for an UPDATE, the third for all other statements.
var alwaysBuilt = [...]string{clause.Values{}.Name(), clause.Update{}.Name(), clause.From{}.Name()}

// buildsWhere reports whether other code writes every WHERE: GORM asks a
// builder of the database before that of a statement.
func buildsWhere(db *gorm.DB) bool { return db.ClauseBuilders[clause.Where{}.Name()] != nil }

// unwritten returns why GORM would leave out a sub-query, which it runs dry and
// whose errors it drops, or the conditions in it.
func unwritten(tx *gorm.DB) error {
	switch {
	case !tx.DryRun:
		return nil
	case tx.Error != nil:
		return tx.Error
	case tx.Statement.SQL.Len() > 0:
		return errRaw
	case tx.Statement.Model == nil:
		return nil
	}
	return (&gorm.Statement{DB: tx}).Parse(tx.Statement.Model)
}

// makeTransactional makes GORM begin a transaction around a write even where
// that is to be skipped. Queries share the config, so it is copied.
func makeTransactional(tx *gorm.DB) {
	config := *tx.Config
	config.SkipDefaultTransaction = false
	tx.Config = &config
}

// disconnect takes the connection from a query until [connect] gives it back,
// so that what runs without its scopes fails, such as gorm.G. Sessions with
// PrepareStmt take the connection of the config.
func disconnect(tx *gorm.DB) *gorm.DB {
	tx.Statement.ConnPool = disconnected{tx.Statement.ConnPool}
	tx = tx.Session(&gorm.Session{}) // with a config of its own
	tx.Config.ConnPool = disconnected{tx.Config.ConnPool}
	return tx
}

// connect undoes [disconnect] when the query runs. It reports false for a
// session with PrepareStmt that was made in between, since it would run outside
// of a transaction that the scope is in.
func connect(stmt *gorm.Statement) bool {
	switch pool := stmt.ConnPool.(type) {
	case *gorm.PreparedStmtDB:
		_, late := pool.ConnPool.(disconnected)
		return !late
	case disconnected:
		stmt.ConnPool = pool.ConnPool
	}
	return true
}

type disconnected struct{ gorm.ConnPool }

var errUnfiltered = errors.New("policies: the query does not take the conditions of Filter: " +
	"use the methods of *gorm.DB, and begin a transaction, or a session with PrepareStmt, before Filter")

func (disconnected) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errUnfiltered
}

func (disconnected) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errUnfiltered
}

func (disconnected) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, errUnfiltered
}

func (p disconnected) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ended, cancel := context.WithCancelCause(ctx) // a row cannot hold an error of ours
	cancel(errUnfiltered)
	return p.ConnPool.QueryRowContext(ended, query, args...)
}
