package sqlkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"
)

// Presence remembers which tables a database has. It never remembers that a
// table is absent: a migration may run at any time, in any process, and what it
// adds, such as the table of epochs, must count from the next request on. The
// zero value is ready to use. It is safe for concurrent use.
type Presence struct{ seen sync.Map } // table name -> struct{}

var presences Shared[Presence]

// PresenceOf returns what all sessions of the database know of its tables.
func PresenceOf(db *gorm.DB) *Presence { return presences.Of(db) }

// Has reports whether all of the tables exist. It queries the database unless
// all have been seen before.
func (p *Presence) Has(ctx context.Context, db *gorm.DB, tables ...string) (bool, error) {
	absent, err := p.Missing(ctx, db, tables...)
	return err == nil && len(absent) == 0, err
}

// Seen reports, without a query, whether a table is known to exist.
func (p *Presence) Seen(table string) bool {
	_, ok := p.seen.Load(table)
	return ok
}

// Remember records that a statement has found a table, unless that was inside a
// transaction, which may have created it and be rolled back.
func (p *Presence) Remember(db *gorm.DB, table string) {
	if !Begun(db) {
		p.seen.Store(table, struct{}{})
	}
}

// Missing returns those of the tables that do not exist. One query looks for
// all that have not been seen before.
func (p *Presence) Missing(ctx context.Context, db *gorm.DB, tables ...string) (absent []string, err error) {
	var unseen []any
	for _, name := range tables {
		if !p.Seen(name) {
			unseen = append(unseen, name)
		}
	}
	if len(unseen) == 0 {
		return nil, nil
	}
	found, err := Texts(ctx, Pool(db), tablesQuery(db, len(unseen)), unseen...)
	if err != nil {
		return nil, fmt.Errorf("look for tables: %w", err)
	}
	for _, name := range found {
		p.Remember(db, name)
	}
	for _, name := range tables {
		if !p.Seen(name) && !slices.Contains(found, name) {
			absent = append(absent, name)
		}
	}
	return absent, nil
}

// tablesQuery returns the query for those of n tables that exist.
func tablesQuery(db *gorm.DB, n int) string {
	c := CatalogOf(db)
	places := make([]string, n)
	for i := range places {
		places[i] = Placeholder(db, i+1)
	}
	return c.Tables + c.named + "(" + strings.Join(places, ", ") + ")"
}
