package redislogins

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// parse parses a key. A user's key has no network.
func parse(text string) (key loginstore.Key, ok bool) {
	_, text, _ = strings.Cut(text, "}:")
	kind, name, _ := strings.Cut(text, ":")
	account, rest, _ := strings.Cut(name, ":")
	switch kind {
	case "p":
		key.Kind = loginstore.OfAccountInNetwork
		if key.Account, ok = loginstore.ParseAccount(account); ok {
			key.Network, ok = loginstore.ParseNetwork(rest)
		}
	case "k":
		key.Kind = loginstore.OfUserInNetwork
		if key.Account, ok = loginstore.ParseAccount(account); ok {
			key.Principal, ok = loginstore.ParsePrincipal(rest)
		}
	case "a":
		key.Kind = loginstore.OfAccount
		key.Account, ok = loginstore.ParseAccount(name)
	case "n":
		key.Kind = loginstore.OfNetwork
		key.Network, ok = loginstore.ParseNetwork(name)
	}
	return key, ok
}

// Counters implements [loginstore.Store]. It scans every key of the server, a
// thousand at a time, for each part. Shared counters are not included.
func (s *store) Counters(ctx context.Context, filter loginstore.Filter) iter.Seq2[loginstore.Counter, error] {
	return func(yield func(loginstore.Counter, error) bool) {
		for text, value := range s.scan(ctx, filter) {
			if value.err != nil {
				yield(loginstore.Counter{}, value.err)
				return
			}
			key, ours := parse(text)
			if !ours {
				continue
			}
			counters, err := countersOf(key, value.text)
			if err != nil {
				yield(loginstore.Counter{}, fmt.Errorf("redislogins: the key %s is not of this package", text))
				return
			}
			for _, c := range counters {
				if filter.Matches(c.Key) && !yield(c, nil) {
					return
				}
			}
		}
	}
}

// Reset implements [loginstore.Store]. The shared counters are reset if the
// filter selects all counters.
func (s *store) Reset(ctx context.Context, filter loginstore.Filter) (reset int, err error) {
	for text, value := range s.scan(ctx, filter) {
		if value.err != nil {
			return reset, value.err
		}
		key, ours := parse(text)
		switch {
		case !ours && (filter != loginstore.Filter{} || !strings.Contains(text, "}:s:")):
			continue
		case ours && (key.Kind == loginstore.OfUserInNetwork || !filter.Matches(key)):
			continue
		}
		n, err := s.scripts.Run(ctx, resetScript, []string{text, indexOf(text)}).Int()
		if err != nil {
			return reset, fmt.Errorf("redislogins: %w", err)
		}
		reset += n
	}
	return reset, nil
}

// found is a stored value, or the reason why it is missing.
type found struct {
	text string
	err  error
}

// scan iterates over the keys that have not expired, each once, of the parts
// where there may be counters that a filter selects. It ends after an error.
func (s *store) scan(ctx context.Context, filter loginstore.Filter) iter.Seq2[string, found] {
	return func(yield func(string, found) bool) {
		for part := range s.parts {
			if filter.Account != nil && part != s.partOf(filter.Account[:]) {
				continue
			}
			if !s.scanPart(ctx, s.tag(part), yield) {
				return
			}
		}
	}
}

// scanPart is scan for one part. It reports whether to go on.
func (s *store) scanPart(ctx context.Context, tag string, yield func(string, found) bool) bool {
	seen := map[string]bool{} // SCAN may return a key more than once
	for cursor := "0"; ; {
		answer, err := s.scripts.Run(ctx, pageScript, []string{tag}, cursor, escaped.Replace(tag)+"*").StringSlice()
		if err != nil || len(answer)%2 != 1 {
			yield("", found{err: fmt.Errorf("redislogins: list the keys: %w", err)})
			return false
		}
		for i := 1; i < len(answer); i += 2 {
			if seen[answer[i]] {
				continue
			}
			seen[answer[i]] = true
			if !yield(answer[i], found{text: answer[i+1]}) {
				return false
			}
		}
		if cursor = answer[0]; cursor == "0" {
			return true
		}
	}
}

// escaped escapes text for key patterns.
var escaped = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// countersOf parses what page.lua returns.
func countersOf(key loginstore.Key, text string) ([]loginstore.Counter, error) {
	if key.Kind == loginstore.OfUserInNetwork {
		return networksOf(key, strings.Fields(text))
	}
	var n [9]int64
	fields := strings.Fields(text)
	if len(fields) != len(n) {
		return nil, strconv.ErrSyntax
	}
	for i, field := range fields {
		var err error
		if n[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			return nil, err
		}
	}
	return []loginstore.Counter{{
		Key: key, Failed: n[0], Refused: n[1], Pending: n[5] + n[6], Next: at(max(n[2], n[4])), Last: at(n[3]),
	}}, nil
}

// networksOf parses the networks in which a user is known, with their times.
func networksOf(key loginstore.Key, fields []string) (list []loginstore.Counter, err error) {
	for len(fields) >= 2 {
		network, ok := loginstore.ParseNetwork(fields[0])
		until, err := strconv.ParseFloat(fields[1], 64)
		if !ok || err != nil {
			return nil, strconv.ErrSyntax
		}
		key.Network, fields = network, fields[2:]
		list = append(list, loginstore.Counter{Key: key, Known: at(int64(until))})
	}
	return list, nil
}

func at(microseconds int64) time.Time {
	if microseconds <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds).UTC()
}
