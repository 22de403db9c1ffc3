package loginstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/internal/batches"
)

const (
	pruneEvery  = time.Minute // how often rows that no longer matter are deleted
	firstPrune  = time.Second // how soon after the first attempt, to learn how full the table is
	flushAfter  = time.Second // how late refusals are written
	mostRefused = 1000        // counters with unwritten refusals; those of further counters are lost
)

// Prune deletes the rows that no longer matter, and returns how many. It drops
// no counter that still holds back an attempt. It takes a few rows at a time,
// and leaves those that an attempt is about to change.
func (s *DatabaseStore) Prune(ctx context.Context) (deleted int64, err error) {
	now, err := s.clock(ctx)
	if err == nil {
		begin := int64(0) // past the rows that were deleted, which PostgreSQL would read again
		deleted, err = batches.Run(ctx, s.sql.clock == "", func(ctx context.Context) (n int64, more bool, err error) {
			n, begin, err = s.pruneSome(ctx, now, begin)
			if again(err) {
				return 0, true, nil
			}
			return n, n == batches.Size, err
		})
	}
	var rows int64
	if err == nil {
		err = s.pool.QueryRowContext(ctx, s.sql.count).Scan(&rows)
	}
	if err != nil {
		return deleted, fmt.Errorf("logins: prune: %w", err)
	}
	s.rows.Store(rows)
	return deleted, nil
}

// pruneSome deletes rows in the order in which they expire, and returns how
// many and where to go on.
func (s *DatabaseStore) pruneSome(ctx context.Context, now, begin int64) (n, last int64, err error) {
	rows, err := s.query(ctx, s.sql.prune, now, begin)
	if err != nil {
		return 0, begin, err
	}
	defer rows.Close()
	for last = begin; rows.Next(); n++ {
		var expires int64
		if err := rows.Scan(&expires); err != nil {
			return n, begin, err
		}
		last = max(last, expires)
	}
	return n, last, errors.Join(rows.Err(), rows.Close())
}

// clock returns the time in microseconds.
func (s *DatabaseStore) clock(ctx context.Context) (now int64, err error) {
	if s.now != nil {
		return s.now(), nil
	}
	err = s.pool.QueryRowContext(ctx, s.sql.clock).Scan(&now)
	return now, err
}

// tidyLater schedules a pruning of the table, and the next ones as long as it
// has counters. No goroutine waits for it.
func (s *DatabaseStore) tidyLater() {
	if !s.pruning.CompareAndSwap(false, true) {
		return
	}
	after := pruneEvery
	if !s.pruned.Swap(true) {
		after = firstPrune
	}
	time.AfterFunc(after, func() {
		ctx, cancel := context.WithTimeout(context.Background(), Timeout)
		defer cancel()
		_, err := s.Prune(ctx)
		s.pruning.Store(false)
		if err == nil && s.rows.Load() > 0 { // after an error the next attempt is the next try
			s.tidyLater()
		}
	})
}

// countRefusal counts an attempt whose password was not tested, in the counters
// that exist. The count is written later, with others.
func (s *DatabaseStore) countRefusal(at *snapshot, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, name := range at.names[:3] {
		if _, there := s.refused[name]; at.versions[i] > 0 && (there || len(s.refused) < mostRefused) {
			s.refused[name]++
		}
		if known {
			break // the gates were not asked
		}
	}
	if !s.flushing {
		s.flushing = true
		time.AfterFunc(flushAfter, func() {
			ctx, cancel := context.WithTimeout(context.Background(), Timeout)
			defer cancel()
			s.mu.Lock()
			s.flushing = false
			s.mu.Unlock()
			_ = s.flush(ctx) // statistics, and some may be lost
		})
	}
}

// flush writes the refusals to the counters that exist.
func (s *DatabaseStore) flush(ctx context.Context) error {
	s.mu.Lock()
	refused := s.refused
	s.refused = map[rowName]int64{}
	s.mu.Unlock()
	var err error
	for name, n := range refused {
		err = errors.Join(err, s.change(ctx, func() (bool, error) {
			_, err := s.pool.ExecContext(ctx, s.sql.refuse, n, name.account, name.network)
			return true, err
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
