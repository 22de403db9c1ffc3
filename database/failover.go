package database

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// newConnector returns the connector of a configuration. If the URL names
// several hosts and says which kind of server it wants of them, all are tried
// at once.
func newConnector(config *pgx.ConnConfig, wanted string) driver.Connector {
	hosts := splitHosts(config)
	if len(hosts) == 1 || wanted == "" || wanted == "any" || wanted == "prefer-standby" { // the order of the hosts decides
		return stdlib.GetConnector(*config)
	}
	var all race
	for _, host := range hosts {
		all = append(all, stdlib.GetConnector(*host))
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

// race connects to the first host that is of the wanted kind. One after the
// other, as in libpq, a host that hangs would use up all the time that a
// request has for a connection, and none would ever reach its successor.
type race []driver.Connector

// Connect implements [driver.Connector].
func (hosts race) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the others give up
	type result struct {
		conn driver.Conn
		err  error
	}
	results := make(chan result, len(hosts))
	for _, host := range hosts {
		go func() {
			conn, err := host.Connect(ctx)
			results <- result{conn, err}
		}()
	}
	var failed error
	for n := range hosts {
		r := <-results
		if r.err == nil {
			go func() {
				for range len(hosts) - n - 1 {
					if late := <-results; late.err == nil {
						_ = late.conn.Close()
					}
				}
			}()
			return r.conn, nil
		}
		failed = errors.Join(failed, r.err)
	}
	return nil, failed
}

// Driver implements [driver.Connector].
func (hosts race) Driver() driver.Driver { return hosts[0].Driver() }
