package sqlkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"gorm.io/gorm"
)

const (
	churnLooks  = 1024 // one statement in so many looks, on average
	churnClosed = 1000 // connections
)

// churns remembers the databases whose pool has been warned about.
var churns Shared[sync.Once]

// watchChurn warns, once for each database, when its pool has closed many
// connections for no other reason than that it keeps so few: database/sql keeps
// two unless it is told otherwise, and a busy server then reconnects for most
// of its statements. Looking takes the pool's lock, so only some statements
// look.
func watchChurn(ctx context.Context, db *gorm.DB) {
	if rand.Uint32N(churnLooks) != 0 { //nolint:gosec // not a secret
		return
	}
	pool, err := db.DB()
	if err != nil {
		return
	}
	if n := pool.Stats().MaxIdleClosed; n >= churnClosed {
		churns.Of(db).Do(func() {
			db.Logger.Warn(ctx, fmt.Sprintf("ginauth: the pool of the database has closed %d connections "+
				"only to open others, because it keeps so few between requests; "+
				"call SetMaxIdleConns with the number given to SetMaxOpenConns, "+
				"or open the database by package database", n))
		})
	}
}
