package redistest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Cluster is a Redis Cluster of three masters with a replica each, which finds
// a node to be dead after a second.
type Cluster struct {
	Addresses []string
	processes map[string]*os.Process // by address
}

// StartCluster starts the nodes, which stop when the test ends. Without a Redis
// for tests it is skipped.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	need(t)
	c := &Cluster{processes: map[string]*os.Process{}}
	for range 6 {
		address, process := start(t, "cluster-port "+freePort(t),
			"cluster-enabled yes", "cluster-node-timeout 1000",
			"cluster-require-full-coverage no", "repl-diskless-sync-delay 0")
		c.Addresses = append(c.Addresses, address)
		c.processes[address] = process
	}
	create := append([]string{"--cluster", "create"}, c.Addresses...)
	create = append(create, "--cluster-replicas", "1", "--cluster-yes")
	eventually(t, func() error { // a node may not listen yet
		output, err := exec.CommandContext(t.Context(), "redis-cli", create...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, output)
		}
		return err
	})
	for _, address := range c.Addresses {
		eventually(t, func() error { return inPlace(t.Context(), address) })
	}
	return c
}

// inPlace returns an error while a node is not a master with its replica, or
// such a replica.
func inPlace(ctx context.Context, address string) error {
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	text, err := client.Info(ctx, "replication").Result()
	if err == nil && !strings.Contains(text, "state=online") && !strings.Contains(text, "master_link_status:up") {
		err = errors.New(text)
	}
	return err
}

// eventually calls f until it succeeds, for 20 seconds at most.
func eventually(t testing.TB, f func() error) {
	t.Helper()
	began := time.Now()
	for err := f(); err != nil; err = f() {
		if time.Since(began) > 20*time.Second {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// MasterOf returns the address of the node that has a key.
func (c *Cluster) MasterOf(t testing.TB, client *redis.ClusterClient, key string) string {
	t.Helper()
	node, err := client.MasterForKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return node.Options().Addr
}

// Signal sends a signal to a node.
func (c *Cluster) Signal(t testing.TB, address string, signal os.Signal) {
	t.Helper()
	node := c.processes[address]
	if node == nil {
		t.Fatal(fmt.Sprint("no node at ", address))
	}
	if err := node.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Ready waits until clients can write to every slot.
func (c *Cluster) Ready(t testing.TB, clients ...*redis.ClusterClient) {
	t.Helper()
	for _, client := range clients {
		eventually(t, func() error {
			client.ReloadState(t.Context())
			return client.ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
				text, err := node.ClusterInfo(ctx).Result()
				if err == nil && !strings.Contains(text, "cluster_state:ok") {
					err = errors.New(text)
				}
				return err
			})
		})
	}
}
