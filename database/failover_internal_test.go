package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// way is a connector that answers after a while.
type way struct {
	driver.Connector
	name  string
	after time.Duration
	err   error
	asked *names
}

// names are added by several goroutines.
type names struct {
	mu   sync.Mutex
	list []string
}

func (n *names) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, name)
}

type opened struct {
	driver.Conn
	name string
}

func (opened) Close() error { return nil }

func (w way) Connect(ctx context.Context) (driver.Conn, error) {
	w.asked.add(w.name)
	select {
	case <-time.After(w.after):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if w.err != nil {
		return nil, w.err
	}
	return opened{name: w.name}, nil
}

// TestTheOrderOfHosts checks which hosts are given the credentials, and how
// soon one answers.
func TestTheOrderOfHosts(t *testing.T) {
	const hangs = time.Hour
	standby := fmt.Errorf("failed: %w", unwanted{errors.New("read only")})
	refused := func(code string) error { return fmt.Errorf("failed: %w", &pgconn.PgError{Code: code}) }
	gone := errors.New("connection refused")
	for _, row := range []struct {
		name  string
		hosts [][]way // each with its ways
		want  string  // the one that is used; "": an error
		asked string
		took  time.Duration
	}{
		{"both take writes", [][]way{{{name: "a", after: headStart / 2}}, {{name: "b"}}}, "a", "a", headStart / 2},
		{"the first is a standby", [][]way{{{name: "a", err: standby}}, {{name: "b"}}}, "b", "a b", 0},
		{"the first is gone", [][]way{{{name: "a", err: gone}}, {{name: "b"}}}, "b", "a b", 0},
		{"the first hangs", [][]way{{{name: "a", after: hangs}}, {{name: "b"}}}, "b", "a b", headStart},
		{"two hang", [][]way{{{name: "a", after: hangs}}, {{name: "b", after: hangs}}, {{name: "c"}}}, "c", "a b c", 2 * headStart},
		{"the first is slow, and then wins", [][]way{{{name: "a", after: 2 * headStart}}, {{name: "b", after: hangs}}}, "a", "a b", 2 * headStart},
		{"all are gone", [][]way{{{name: "a", err: gone}}, {{name: "b", err: gone}}}, "", "a b", 0},
		{"without TLS, where TLS is refused", [][]way{{{name: "a+tls", err: gone}, {name: "a"}}}, "a", "a+tls a", 0},
		{"not without TLS, for a standby", [][]way{{{name: "a+tls", err: standby}, {name: "a"}}, {{name: "b+tls"}, {name: "b"}}}, "b+tls", "a+tls b+tls", 0},
		{"nor for a wrong password", [][]way{{{name: "a+tls", err: refused("28P01")}, {name: "a"}}}, "", "a+tls", 0},
		{"nor for a host that hangs", [][]way{{{name: "a+tls", err: context.DeadlineExceeded}, {name: "a"}}}, "", "a+tls", 0},
		{"where pg_hba.conf says hostnossl", [][]way{{{name: "a+tls", err: refused("28000")}, {name: "a"}}}, "a", "a+tls a", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked names
			var all race
			for _, ways := range row.hosts {
				var h host
				for _, w := range ways {
					w.asked = &asked
					h = append(h, w)
				}
				all = append(all, h)
			}
			began := time.Now()
			conn, err := all.Connect(t.Context())
			took := time.Since(began)
			synctest.Wait()
			used := ""
			if err == nil {
				used = conn.(opened).name
			}
			if got := strings.Join(asked.list, " "); used != row.want || got != row.asked || took != row.took {
				t.Errorf("%s: %q is used after %v, and %q were asked; %v", row.name, used, took, got, err)
			}
		})
	}
}

// TestTLSOfHosts checks that each host is offered what the sslmode says, by its
// own name, and nothing else.
func TestTLSOfHosts(t *testing.T) {
	for mode, want := range map[string]string{
		"disable": "a- b-", "allow": "a- a+ b- b+", "prefer": "a+ a- b+ b-", "require": "a+ b+", "verify-full": "a+a b+b",
	} {
		config, err := pgx.ParseConfig("postgres://u@a,b/d?target_session_attrs=read-write&sslmode=" + mode)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range splitHosts(config) {
			for _, way := range waysOf(h) {
				text := way.Host + "-"
				if way.TLSConfig != nil {
					text = way.Host + "+"
					if !way.TLSConfig.InsecureSkipVerify {
						text += way.TLSConfig.ServerName
					}
				}
				got = append(got, text)
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", mode, text, want)
		}
	}
}
