package models

import (
	"context"
	"fmt"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/repeat"
)

// presence remembers whether a table of ginauth's own is there, which it is not in a database that only Django has made. It is asked
// once, not on every request: who runs [Migrate] in another process starts this one again.
type presence struct{ state atomic.Int32 }

const (
	unknownPresence int32 = iota
	absent
	present
)

// of asks the database if it is not known yet.
func (p *presence) of(ctx context.Context, db *gorm.DB, table string) (bool, error) {
	if state := p.state.Load(); state != unknownPresence {
		return state == present, nil
	}
	d, err := dialectOf(db)
	if err != nil {
		return false, err
	}
	rows, err := repeat.Pool(db).QueryContext(ctx, d.tables+d.named+placeholder(db, 1), table)
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", table, err)
	}
	defer rows.Close()
	state := absent
	if rows.Next() {
		state = present
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("look for %s: %w", table, err)
	}
	p.state.Store(state)
	return state == present, rows.Close()
}

// forget makes that it is asked again.
func (p *presence) forget() { p.state.Store(unknownPresence) }
