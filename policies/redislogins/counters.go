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

// keys returns the keys of an attempt: its counters, the networks in which its
// user is known, the counters that replace the first three when there is no
// room, and the index:
//
//	{ginauth:login:2}:p:<digest>:203.0.113.7/32  an account in a network
//	{ginauth:login:2}:a:<digest>                 an account
//	{ginauth:login:2}:n:203.0.113.7/32           a network
//	{ginauth:login:2}:k:<digest>:<digest>        where a user of an account is known
//	{ginauth:login:2}:s:p:123                    many accounts in networks
//	{ginauth:login:2}:s:a:123                    many accounts
//	{ginauth:login:2}:s:n:123                    many networks
//	{ginauth:login:2}:i                          the index
func (s *store) keys(a loginstore.Attempt) []string {
	account, network := a.Account.String(), loginstore.NetworkText(a.Network)
	shared := func(kind string, key loginstore.Key) string {
		return fmt.Sprint(s.prefix, "s:", kind, ":", key.SharedPlace())
	}
	return []string{
		s.prefix + "p:" + account + ":" + network, s.prefix + "a:" + account, s.prefix + "n:" + network,
		s.prefix + "k:" + account + ":" + a.Principal.String(),
		shared("p", loginstore.Key{Kind: loginstore.OfAccountInNetwork, Account: a.Account, Network: a.Network}),
		shared("a", loginstore.Key{Kind: loginstore.OfAccount, Account: a.Account}),
		shared("n", loginstore.Key{Kind: loginstore.OfNetwork, Network: a.Network}),
		s.index(),
	}
}

func (s *store) index() string { return s.prefix + "i" }

// parse parses a key. A user's key has no network.
func (s *store) parse(text string) (key loginstore.Key, ok bool) {
	kind, name, _ := strings.Cut(strings.TrimPrefix(text, s.prefix), ":")
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
// thousand at a time. Shared counters are not included.
func (s *store) Counters(ctx context.Context, filter loginstore.Filter) iter.Seq2[loginstore.Counter, error] {
	return func(yield func(loginstore.Counter, error) bool) {
		for text, value := range s.scan(ctx) {
			if value.err != nil {
				yield(loginstore.Counter{}, value.err)
				return
			}
			key, ours := s.parse(text)
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
	for text, value := range s.scan(ctx) {
		if value.err != nil {
			return reset, value.err
		}
		key, ours := s.parse(text)
		switch {
		case !ours && (filter != loginstore.Filter{} || !strings.HasPrefix(text, s.prefix+"s:")):
			continue
		case ours && (key.Kind == loginstore.OfUserInNetwork || !filter.Matches(key)):
			continue
		}
		n, err := s.scripts.Run(ctx, resetScript, []string{text, s.index()}).Int()
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

// scan iterates over the keys of the prefix that have not expired, each once.
// It ends after an error.
func (s *store) scan(ctx context.Context) iter.Seq2[string, found] {
	return func(yield func(string, found) bool) {
		seen := map[string]bool{} // SCAN may return a key more than once
		for cursor := "0"; ; {
			answer, err := s.scripts.Run(ctx, pageScript, []string{s.prefix}, cursor, escaped.Replace(s.prefix)+"*").StringSlice()
			if err != nil || len(answer)%2 != 1 {
				yield("", found{err: fmt.Errorf("redislogins: list the keys: %w", err)})
				return
			}
			for i := 1; i < len(answer); i += 2 {
				if seen[answer[i]] {
					continue
				}
				seen[answer[i]] = true
				if !yield(answer[i], found{text: answer[i+1]}) {
					return
				}
			}
			if cursor = answer[0]; cursor == "0" {
				return
			}
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
