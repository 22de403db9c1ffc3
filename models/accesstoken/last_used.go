package accesstoken

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// LastUsedConfig says when and where the last use of tokens is written, see
// [Store.RecordUse].
type LastUsedConfig struct {
	// Interval is how long uses are collected before they are written, and the
	// precision of the column. Default: a minute. Tokens with an idle timeout
	// live longer by the interval, since another process may know of a use that
	// is not yet written.
	Interval time.Duration

	// DB is the database to which uses are written, for servers whose requests
	// read from a replica. Default: the database of the tokens.
	DB *gorm.DB
}

// lastUsed collects the uses of access tokens in memory and writes those of many
// tokens in one statement, once an interval.
type lastUsed struct {
	db       *gorm.DB
	interval time.Duration

	writing sync.Mutex // held while a batch is written

	mu      sync.Mutex
	used    map[string]time.Time // since the last batch
	batch   map[string]time.Time // being written
	timer   *time.Timer          // nil: nothing to write
	failed  int                  // batches in a row
	dropped int                  // uses discarded for lack of room
	closed  bool
}

const (
	maxLastUsed     = 100_000 // tokens whose uses are kept while writing fails
	lastUsedTimeout = 30 * time.Second
)

func newLastUsed(db *gorm.DB, config LastUsedConfig) (*lastUsed, error) {
	switch {
	case config.Interval < 0:
		return nil, errors.New("accesstoken: LastUsedConfig.Interval is negative")
	case config.Interval == 0:
		config.Interval = time.Minute
	}
	if config.DB == nil {
		config.DB = db
	}
	if err := sqlkit.Supported(config.DB); err != nil {
		return nil, fmt.Errorf("accesstoken: %w", err)
	}
	return &lastUsed{db: config.DB, interval: config.Interval, used: map[string]time.Time{}}, nil
}

// late returns how long after a use other processes may learn of it.
func (l *lastUsed) late() time.Duration { return l.interval }

// pending returns the last use of a token that is not written yet. It is zero
// for a token without an idle timeout, where it does not matter.
func (l *lastUsed) pending(t *Token) time.Time {
	if t.IdleTimeout == 0 {
		return time.Time{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.used[t.ID]; ok {
		return at
	}
	return l.batch[t.ID]
}

// RecordUse records the use of a token, unless a recent one is stored already.
// [Store.Verify] calls it. Callers that accept a token from a cache must call it
// themselves.
//
// Requests write nothing: uses are collected in memory, and those of many tokens
// are written in one statement, once an interval. A timer runs while there is
// something to write; no goroutine waits. A write that fails is logged and
// repeated.
func (a *Store) RecordUse(t *Token) { a.lastUsed.note(t) }

// Flush writes the uses that have been recorded now. If that fails, it keeps
// them, and they are written after an interval.
func (a *Store) Flush(ctx context.Context) error { return a.lastUsed.flush(ctx) }

// Close writes the uses that have been recorded, at the end of the program;
// without it those of the last interval are lost. Later uses are not recorded.
func (a *Store) Close(ctx context.Context) error { return a.lastUsed.close(ctx) }

func (l *lastUsed) note(t *Token) {
	at := sqlkit.Now()
	if t.LastUsed != nil && at.Sub(*t.LastUsed) < l.interval {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.used[t.ID]; !known && len(l.used) >= maxLastUsed || l.closed {
		l.dropped++
		return
	}
	l.used[t.ID] = at
	l.arm(l.interval)
}

// arm starts the timer, unless it runs. l.mu is held.
func (l *lastUsed) arm(after time.Duration) {
	if l.timer == nil && !l.closed {
		l.timer = time.AfterFunc(after, l.ring)
	}
}

// ring writes what has been collected. It logs the first failure and every
// tenth after it.
func (l *lastUsed) ring() {
	ctx, cancel := context.WithTimeout(context.Background(), lastUsedTimeout)
	defer cancel()
	err := l.flush(ctx)
	l.mu.Lock()
	failed, dropped := l.failed, l.dropped
	l.mu.Unlock()
	if err != nil && failed%10 == 1 {
		// Formatted here: GORM's logger for slog does not format.
		l.db.Logger.Error(ctx, fmt.Sprintf("ginauth: the last use of access tokens was not written "+
			"(failure %d in a row, %d uses lost): %s", failed, dropped, alarm.CauseText(err)))
	}
}

// flush is [Store.Flush].
func (l *lastUsed) flush(ctx context.Context) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.batch, l.used = l.used, map[string]time.Time{}
	batch := l.batch
	l.mu.Unlock()
	err := writeLastUsed(ctx, l.db, batch)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batch = nil
	if err == nil {
		l.failed, l.dropped = 0, 0
		return nil
	}
	l.failed++
	l.keep(batch)
	return fmt.Errorf("write the last use of access tokens: %w", err)
}

// keep puts back a batch that could not be written. l.mu is held.
func (l *lastUsed) keep(batch map[string]time.Time) {
	for id, at := range batch {
		switch _, again := l.used[id]; {
		case again:
		case len(l.used) >= maxLastUsed:
			l.dropped++
		default:
			l.used[id] = at
		}
	}
	l.arm(l.interval)
}

// close is [Store.Close].
func (l *lastUsed) close(ctx context.Context) error {
	err := l.flush(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	return err
}

// writeLastUsed writes a batch in chunks.
func writeLastUsed(ctx context.Context, db *gorm.DB, batch map[string]time.Time) error {
	const most = 256
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(batch)), most) {
		args := make([]any, 0, 2*most)
		for _, id := range ids {
			args = append(args, id, batch[id])
		}
		rows := 1
		for rows < len(ids) { // a power of two, so that there are few different statements
			rows *= 2
		}
		for len(args) < 2*rows {
			args = append(args, args[0], args[1])
		}
		if _, err := sqlkit.Exec(ctx, sqlkit.Pool(db), lastUsedStatement(db, rows), args...); err != nil {
			return err
		}
	}
	return nil
}

// lastUsedStatement returns an update that never moves a time back. On
// PostgreSQL it locks the rows in the order of their ids, as every other
// process does, so that two updates cannot deadlock.
func lastUsedStatement(db *gorm.DB, rows int) string {
	values := ""
	for i := range rows {
		if i > 0 {
			values += ", "
		}
		id, at := sqlkit.Placeholder(db, 2*i+1), sqlkit.Placeholder(db, 2*i+2)
		values += fmt.Sprintf("(CAST(%s AS text), CAST(%s AS %s))", id, at, sqlkit.Timestamp(db))
	}
	const newer = `(t."last_used" IS NULL OR t."last_used" < u."at")`
	held := ""
	if db.Name() == "postgres" {
		held = `, h AS (SELECT t."id" FROM "ginauth_access_token" t WHERE t."id" IN (SELECT "id" FROM u) ` +
			`ORDER BY t."id" FOR NO KEY UPDATE)`
	}
	source := "u"
	if held != "" {
		source = `u JOIN h ON h."id" = u."id"`
	}
	return `WITH u("id", "at") AS (VALUES ` + values + `)` + held +
		` UPDATE "ginauth_access_token" AS t SET "last_used" = u."at" FROM ` + source +
		` WHERE t."id" = u."id" AND ` + newer
}
