//go:build linux

package outages_test

import (
	"context"
	"flag"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
)

var full = flag.Bool("full", false, "play the whole matrix with production's timeouts, and write the table in docs/operations.md")

func init() { gin.SetMode(gin.ReleaseMode) }

var matrix = []outage{
	{"PostgreSQL stopped", true, onPostgres(func(p *postgres) (begin, end func()) { return p.stop, p.start })},
	{"PostgreSQL frozen", true, onPostgres(func(p *postgres) (begin, end func()) { return p.freeze, p.thaw })},
	{"PostgreSQL read-only", true, onPostgres(func(p *postgres) (begin, end func()) {
		return func() { p.readOnly(true) }, func() { p.readOnly(false) }
	})},
	{"PostgreSQL out of connections", true, onPostgres(func(p *postgres) (begin, end func()) {
		var release func()
		return func() { release = p.exhaust() }, func() { release() }
	})},
	{"PostgreSQL stopped, then a standby promoted", false, onPair((*postgres).stop)},
	{"PostgreSQL frozen, then a standby promoted", false, onPair((*postgres).freeze)},
	{"PgBouncer stopped", true, onBouncer(func(_ *postgres, b *server) (begin, end func()) { return b.stop, b.start })},
	{"PostgreSQL stopped behind PgBouncer", false, onBouncer(func(p *postgres, _ *server) (begin, end func()) { return p.stop, p.start })},
	{"PostgreSQL frozen behind PgBouncer", false, onBouncer(func(p *postgres, _ *server) (begin, end func()) { return p.freeze, p.thaw })},
	{"Redis stopped", true, onRedis(func(r *server, _ *redis.Client) (begin, end func()) { return r.stop, r.start })},
	{"Redis frozen", true, onRedis(func(r *server, _ *redis.Client) (begin, end func()) { return r.freeze, r.thaw })},
	{"Redis READONLY", true, onRedis(func(_ *server, c *redis.Client) (begin, end func()) {
		ctx := context.Background()
		return func() { c.ReplicaOf(ctx, "127.0.0.1", "1") }, func() { c.ReplicaOf(ctx, "NO", "ONE") }
	})},
	{"Redis Cluster, a node lost", false, onCluster},
	{"Redis with Sentinel, the master lost", false, onSentinel},
}

// onPostgres returns a trial with an outage of PostgreSQL.
func onPostgres(outage func(p *postgres) (begin, end func())) prepare {
	return func(t *testing.T, s stage) trial {
		begin, end := outage(s.postgres)
		return trial{s.site(t, s.postgres.newDatabase(), redistest.Start(t), false), begin, end}
	}
}

// onPair returns a trial with the loss of a PostgreSQL whose standby is
// promoted.
func onPair(lose func(p *postgres)) prepare {
	return func(t *testing.T, s stage) trial {
		p := startPostgres(t)
		standby := p.standby()
		url := strings.Replace(p.newDatabase(), p.address, p.address+","+standby.address, 1) + "&target_session_attrs=read-write"
		return trial{s.site(t, url, redistest.Start(t), false), func() { lose(p) }, standby.promote}
	}
}

// onBouncer returns a trial with an outage of PgBouncer, or behind it.
func onBouncer(outage func(p *postgres, b *server) (begin, end func())) prepare {
	return func(t *testing.T, s stage) trial {
		through, address, command := bouncertest.Configure(t, s.postgres.newDatabase())
		b := serve(t, "pgbouncer", address, syscall.SIGKILL, command)
		begin, end := outage(s.postgres, b)
		return trial{s.site(t, through+"&connect_timeout=2", redistest.Start(t), false), begin, end}
	}
}

// onRedis returns a trial with an outage of Redis.
func onRedis(outage func(r *server, client *redis.Client) (begin, end func())) prepare {
	return func(t *testing.T, s stage) trial {
		r := startRedis(t)
		client := redis.NewClient(&redis.Options{Addr: r.address})
		t.Cleanup(func() { client.Close() })
		begin, end := outage(r, client)
		return trial{s.site(t, s.postgres.newDatabase(), client, true), begin, end}
	}
}

// onCluster is a trial with the loss of the node that counts the throttled
// requests, which its replica replaces.
func onCluster(t *testing.T, s stage) trial {
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addresses})
	t.Cleanup(func() { client.Close() })
	cluster.Ready(t, client)
	lose := func() {
		lost := make(chan string, 3) // no more masters than that
		err := client.ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
			keys, err := node.Keys(ctx, "ginauth:*").Result()
			if len(keys) > 0 {
				lost <- node.Options().Addr
			}
			return err
		})
		if err != nil || len(lost) != 1 {
			t.Fatalf("%d nodes count requests: %v", len(lost), err)
		}
		cluster.Signal(t, <-lost, syscall.SIGKILL)
	}
	return trial{s.site(t, s.postgres.newDatabase(), client, true), lose, nil}
}

// onSentinel is a trial with the loss of the master, which its replica replaces.
func onSentinel(t *testing.T, s stage) trial {
	sentinel := redistest.StartSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: redistest.MasterName, SentinelAddrs: sentinel.Addresses})
	t.Cleanup(func() { client.Close() })
	lose := func() { sentinel.Signal(t, sentinel.Master(t), syscall.SIGKILL) }
	return trial{s.site(t, s.postgres.newDatabase(), client, true), lose, nil}
}

// TestOutages plays the quick half of the matrix, or all of it.
func TestOutages(t *testing.T) {
	s := stage{bound: time.Second, postgres: startPostgres(t)}
	if *full {
		s.bound = 2 * time.Second
	}
	results := map[string]result{}
	for _, row := range matrix {
		if row.quick || *full {
			t.Run(row.name, func(t *testing.T) { results[row.name] = play(t, row, s) })
		}
	}
	if len(results) == len(matrix) && !t.Failed() {
		write(t, results)
	}
}
