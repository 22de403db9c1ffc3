package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// newConnector returns the connector of a configuration. If the URL says which
// kind of server it wants of its hosts, they are tried in their order, and each
// has a head start.
func newConnector(config *pgx.ConnConfig, wanted string) driver.Connector {
	if wanted == "" || wanted == "any" || wanted == "prefer-standby" {
		return stdlib.GetConnector(*config)
	}
	var all race
	for _, host := range splitHosts(config) {
		all = append(all, newHost(host))
	}
	return all
}

// splitHosts returns a configuration for each host. A host may be followed by
// itself without TLS.
func splitHosts(config *pgx.ConnConfig) (hosts []*pgx.ConnConfig) {
	last := config.Copy()
	last.Fallbacks = nil
	hosts = append(hosts, last)
	for _, next := range config.Fallbacks {
		if next.Host == last.Host && next.Port == last.Port {
			last.Fallbacks = append(last.Fallbacks, next)
			continue
		}
		last = config.Copy()
		last.Host, last.Port, last.TLSConfig, last.Fallbacks = next.Host, next.Port, next.TLSConfig, nil
		hosts = append(hosts, last)
	}
	return hosts
}

// host connects to one host, as its sslmode says.
type host []driver.Connector // with sslmode=prefer and allow a second one, with or without TLS

func newHost(config *pgx.ConnConfig) (ways host) {
	if validate := config.ValidateConnect; validate != nil {
		config.ValidateConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
			if err := validate(ctx, conn); err != nil {
				return unwanted{err}
			}
			return nil
		}
	}
	for _, way := range waysOf(config) {
		ways = append(ways, stdlib.GetConnector(*way))
	}
	return ways
}

// waysOf returns a configuration for each way to connect to one host.
func waysOf(config *pgx.ConnConfig) []*pgx.ConnConfig {
	first := config.Copy()
	first.Fallbacks = nil
	all := []*pgx.ConnConfig{first}
	for _, next := range config.Fallbacks {
		way := first.Copy()
		way.Host, way.Port, way.TLSConfig = next.Host, next.Port, next.TLSConfig
		all = append(all, way)
	}
	return all
}

// unwanted is the error of a server that has answered and is of another kind.
// It would be so without TLS too, where it would be given the credentials again.
type unwanted struct{ error }

func (u unwanted) Unwrap() error { return u.error }

func (ways host) connect(ctx context.Context) (conn driver.Conn, err error) {
	var failed error
	for _, way := range ways {
		if conn, err = way.Connect(ctx); err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
		if settled(err) {
			break
		}
	}
	return nil, failed
}

// settled reports whether a host need not be asked in the other way: it has
// answered, as in pgx, or it hangs.
func settled(err error) bool {
	if _, answered := errors.AsType[unwanted](err); answered || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	refused, ok := errors.AsType[*pgconn.PgError](err)
	wrongPassword, noDatabase, noRight := "28P01", "3D000", "42501"
	return ok && slices.Contains([]string{wrongPassword, noDatabase, noRight}, refused.Code)
}

// headStart is how long a host has before the next one is tried too.
const headStart = 200 * time.Millisecond

// race connects to the first host that is of the wanted kind. A host that
// answers in time keeps those behind it from being asked, and from being given
// the credentials: of two servers that both take writes, all connections go to
// the one that the URL names first. Strictly one after the other, as in libpq, a
// host that hangs would use up all the time that a request has for a connection.
type race []host

// Connect implements [driver.Connector].
func (hosts race) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the others give up
	type result struct {
		conn driver.Conn
		err  error
	}
	results := make(chan result, len(hosts))
	running, begun := 0, 0
	begin := func() {
		h := hosts[begun]
		running, begun = running+1, begun+1
		go func() {
			conn, err := h.connect(ctx)
			results <- result{conn, err}
		}()
	}
	var failed error
	begin()
	for running > 0 {
		var late <-chan time.Time
		if begun < len(hosts) {
			late = time.After(headStart)
		}
		select {
		case <-late:
			begin()
		case r := <-results:
			running--
			if r.err == nil {
				go func() {
					for range running {
						if other := <-results; other.err == nil {
							_ = other.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			failed = errors.Join(failed, r.err)
			if begun < len(hosts) && ctx.Err() == nil {
				begin()
			}
		}
	}
	return nil, failed
}

// Driver implements [driver.Connector].
func (hosts race) Driver() driver.Driver { return hosts[0][0].Driver() }
