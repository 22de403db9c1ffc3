package redislogins

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/ginauth/ginauth/policies/logins"
)

// keys are the counters of an attempt:
//
//	{ginauth:login}:p:<digest>:203.0.113.7/32   of an account in a network
//	{ginauth:login}:a:<digest>                  of an account
//	{ginauth:login}:n:203.0.113.7/32            of a network
func (s *Store) keys(a logins.Attempt) []string {
	account, network := a.Account.String(), logins.NetworkText(a.Network)
	return []string{s.prefix + "p:" + account + ":" + network, s.prefix + "a:" + account, s.prefix + "n:" + network}
}

// parse reads a key.
func (s *Store) parse(text string) (key logins.Key, ok bool) {
	kind, name, _ := strings.Cut(strings.TrimPrefix(text, s.prefix), ":")
	switch kind {
	case "p":
		account, network, _ := strings.Cut(name, ":")
		key.Kind = logins.OfAccountInNetwork
		if key.Account, ok = logins.ParseAccount(account); ok {
			key.Network, ok = logins.ParseNetwork(network)
		}
	case "a":
		key.Kind = logins.OfAccount
		key.Account, ok = logins.ParseAccount(name)
	case "n":
		key.Kind = logins.OfNetwork
		key.Network, ok = logins.ParseNetwork(name)
	}
	return key, ok
}

// Counters implements [logins.Store]. It looks at every key of the server, a thousand at a time.
func (s *Store) Counters(ctx context.Context, filter logins.Filter) iter.Seq2[logins.Counter, error] {
	return func(yield func(logins.Counter, error) bool) {
		for text, value := range s.scan(ctx, filter) {
			if value.err != nil {
				yield(logins.Counter{}, value.err)
				return
			}
			counter, err := value.counter()
			if err != nil {
				err = fmt.Errorf("redislogins: the key %s is not of this package", text)
			}
			if !yield(counter, err) || err != nil {
				return
			}
		}
	}
}

// Reset implements [logins.Store].
func (s *Store) Reset(ctx context.Context, filter logins.Filter) (reset int, err error) {
	for text, value := range s.scan(ctx, filter) {
		if value.err != nil {
			return reset, value.err
		}
		n, err := s.run(ctx, s.reset, []string{text}).Int()
		if err != nil {
			return reset, fmt.Errorf("redislogins: %w", err)
		}
		reset += n
	}
	return reset, nil
}

// found is a counter as it is kept, or why there is none.
type found struct {
	key  logins.Key
	text string
	err  error
}

// scan goes through the keys that a filter selects, each once. It ends after an error.
func (s *Store) scan(ctx context.Context, filter logins.Filter) iter.Seq2[string, found] {
	return func(yield func(string, found) bool) {
		seen := map[string]bool{} // SCAN may show a key more than once
		for cursor := "0"; ; {
			answer, err := s.run(ctx, s.page, []string{s.prefix}, cursor, escaped.Replace(s.prefix)+"*").StringSlice()
			if err != nil || len(answer)%2 != 1 {
				yield("", found{err: fmt.Errorf("redislogins: list the keys: %w", err)})
				return
			}
			for i := 1; i < len(answer); i += 2 {
				key, ours := s.parse(answer[i])
				if !ours || !filter.Matches(key) || seen[answer[i]] {
					continue
				}
				seen[answer[i]] = true
				if !yield(answer[i], found{key: key, text: answer[i+1]}) {
					return
				}
			}
			if cursor = answer[0]; cursor == "0" {
				return
			}
		}
	}
}

// escaped is for patterns of keys.
var escaped = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// counter reads what common.lua has written.
func (f found) counter() (logins.Counter, error) {
	var n [8]int64
	fields := strings.Fields(f.text)
	if len(fields) != len(n) {
		return logins.Counter{}, strconv.ErrSyntax
	}
	for i, field := range fields {
		var err error
		if n[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			return logins.Counter{}, err
		}
	}
	return logins.Counter{Key: f.key, Failed: n[0], Refused: n[1], Pending: n[2], Next: at(n[3]), Last: at(n[4]), Known: at(n[5])}, nil
}

func at(microseconds int64) time.Time {
	if microseconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds).UTC()
}
