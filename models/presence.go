package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/repeat"
)

// presence remembers which tables a database has. It never remembers that a
// table is absent: [Migrate] may run at any time and in any process, and what
// it adds, such as the end of all credentials of a user, must count from the
// next request on. The zero value is ready to use.
type presence struct{ there sync.Map } // table name -> struct{}

// has reports whether a table exists. It asks the database unless it has seen
// the table before.
func (p *presence) has(ctx context.Context, db *gorm.DB, table string) (bool, error) {
	absent, err := p.missing(ctx, db, table)
	return err == nil && len(absent) == 0, err
}

// seen reports, without a query, whether a table is known to exist.
func (p *presence) seen(table string) bool {
	_, ok := p.there.Load(table)
	return ok
}

// remember records that a statement has found a table, except inside a
// transaction, which may have created it and may be rolled back.
func (p *presence) remember(db *gorm.DB, table string) {
	if !repeat.Begun(db) {
		p.there.Store(table, struct{}{})
	}
}

// missing returns those of the tables that do not exist. One query looks for
// all tables not seen before.
func (p *presence) missing(ctx context.Context, db *gorm.DB, tables ...string) (absent []string, err error) {
	var unseen []any
	for _, name := range tables {
		if !p.seen(name) {
			unseen = append(unseen, name)
		}
	}
	if len(unseen) == 0 {
		return nil, nil
	}
	query, err := findTables(db, len(unseen))
	if err != nil {
		return nil, err
	}
	found, err := readTexts(ctx, repeat.Pool(db), query, unseen...)
	if err != nil {
		return nil, fmt.Errorf("look for tables: %w", err)
	}
	for _, name := range found {
		p.remember(db, name)
	}
	for _, name := range tables {
		if !p.seen(name) && !slices.Contains(found, name) {
			absent = append(absent, name)
		}
	}
	return absent, nil
}

// findTables returns the query for those of n tables that exist.
func findTables(db *gorm.DB, n int) (string, error) {
	d, err := dialectOf(db)
	if err != nil {
		return "", err
	}
	places := make([]string, n)
	for i := range places {
		places[i] = placeholder(db, i+1)
	}
	return d.tables + d.named + "(" + strings.Join(places, ", ") + ")", nil
}

// tableExists returns an SQL condition that tells whether a table exists. The
// name must be one of ginauth's own and need no quoting.
func tableExists(db *gorm.DB, table string) string {
	d, err := dialectOf(db)
	if err != nil { // cannot happen: supported was called before
		return "1 = 0"
	}
	return "EXISTS (" + d.tables + d.named + "('" + table + "'))"
}
