package loginstore

import (
	"context"
	"fmt"
	"iter"
)

// parameters returns the filter as parameters of a statement, empty if it does
// not restrict them.
func (f Filter) parameters() (account, network string) {
	if f.Account != nil {
		account = f.Account.String()
	}
	if f.Network != nil {
		network = NetworkText(*f.Network)
	}
	return account, network
}

// Counters implements [Store]. The iteration holds a connection. Shared
// counters are left out.
func (s *DatabaseStore) Counters(ctx context.Context, filter Filter) iter.Seq2[Counter, error] {
	return func(yield func(Counter, error) bool) {
		err := s.flush(ctx)
		if err == nil {
			err = s.each(ctx, filter, func(c Counter) bool { return yield(c, nil) })
		}
		if err != nil {
			yield(Counter{}, fmt.Errorf("logins: list counters: %w", err))
		}
	}
}

// each calls f with each counter until f returns false.
func (s *DatabaseStore) each(ctx context.Context, filter Filter, f func(Counter) bool) error {
	now, err := s.clock(ctx)
	if err != nil {
		return err
	}
	account, network := filter.parameters()
	rows, err := s.query(ctx, s.sql.all, account, network, now)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		name, c, known, _, err := scan(rows)
		if err != nil {
			return err
		}
		key, ours, err := name.key()
		if err != nil {
			return err
		}
		counter := c.public(key)
		counter.Known = instant(known)
		if ours && !f(counter) {
			return nil
		}
	}
	return rows.Err()
}

// Reset implements [Store].
func (s *DatabaseStore) Reset(ctx context.Context, filter Filter) (reset int, err error) {
	s.mu.Lock()
	clear(s.refused) // the other counters lose some statistics
	s.mu.Unlock()
	now, err := s.clock(ctx)
	if err != nil {
		return 0, fmt.Errorf("logins: reset: %w", err)
	}
	account, network := filter.parameters()
	err = s.change(ctx, func() (bool, error) {
		result, err := s.pool.ExecContext(ctx, s.sql.reset, account, network, now)
		if err != nil {
			return false, err
		}
		n, err := result.RowsAffected()
		reset = int(n)
		return true, err
	})
	return reset, err
}
