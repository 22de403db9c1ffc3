//go:build unix

package redisscript_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/testing/redistest"
)

// TestALostNode takes the node that has a key from a cluster, which another
// node replaces after a second or two. Scripts must find that one within five
// seconds of the loss; go-redis alone takes a minute. A node that hangs costs
// the client its own timeout, too.
func TestALostNode(t *testing.T) {
	for _, row := range []struct {
		name   string
		signal syscall.Signal
	}{
		{"killed", syscall.SIGKILL},
		{"hanging", syscall.SIGSTOP},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cluster := redistest.StartCluster(t)
			client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addresses, ReadTimeout: 500 * time.Millisecond})
			t.Cleanup(func() { client.Close() })
			runner, keys := redisscript.New("test", client, 0), []string{"{lost}"}
			answers := func() error { return runner.Run(t.Context(), echo, keys).Err() }
			for began := time.Now(); answers() != nil; time.Sleep(50 * time.Millisecond) {
				if time.Since(began) > 20*time.Second {
					t.Fatal("the cluster does not come up: ", answers())
				}
			}
			cluster.Signal(t, cluster.MasterOf(t, client, keys[0]), row.signal)
			lost := time.Now()
			for err := answers(); err != nil; err = answers() {
				if time.Since(lost) > 5*time.Second {
					t.Fatalf("no answer 5 s after the loss: %v", err)
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Logf("answers %v after the loss", time.Since(lost).Round(time.Millisecond))
		})
	}
}
