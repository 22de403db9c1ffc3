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

// presence remembers which tables a database has. It never remembers that
// one is absent: [Migrate] may run at any time, in any process, and what it
// brings, such as the end of all credentials of a user, must count from the
// next request on. The zero value is ready to use.
type presence struct{ there sync.Map } // table name -> struct{}

// has reports whether a table is there. It asks the database unless it has
// seen the table before.
func (p *presence) has(ctx context.Context, db *gorm.DB, table string) (bool, error) {
	absent, err := p.missing(ctx, db, table)
	return err == nil && len(absent) == 0, err
}

// seen reports, without a query, whether a table is known to be there.
func (p *presence) seen(table string) bool {
	_, ok := p.there.Load(table)
	return ok
}

// remember records that a statement has found a table, unless that was inside a
// transaction, which may have made it and be rolled back.
func (p *presence) remember(db *gorm.DB, table string) {
	if !repeat.Begun(db) {
		p.there.Store(table, struct{}{})
	}
}

// missing returns those of the tables that are absent. All that have not been
// seen before are looked for by one query.
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

// findTables is the query for those of n tables that are there.
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

// tableExists is an SQL condition: whether a table, whose name is ours and
// needs no quoting, is there for the statement that asks.
func tableExists(db *gorm.DB, table string) string {
	d, err := dialectOf(db)
	if err != nil { // supported has been asked before
		return "1 = 0"
	}
	return "EXISTS (" + d.tables + d.named + "('" + table + "'))"
}
