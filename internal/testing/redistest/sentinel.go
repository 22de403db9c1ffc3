package redistest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// MasterName is the name under which the sentinels of [StartSentinel] watch
// their master.
const MasterName = "main"

// Sentinel is a master with a replica, watched by three sentinels, which find
// the master to be dead after half a second.
type Sentinel struct {
	Addresses []string // of the sentinels
	processes map[string]*os.Process
}

// StartSentinel starts the processes, which stop when the test ends. Without a
// Redis for tests it is skipped.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	need(t)
	master, process := start(t)
	port := master[strings.LastIndex(master, ":")+1:]
	s := &Sentinel{processes: map[string]*os.Process{master: process}}
	replica, process := start(t, "replicaof 127.0.0.1 "+port, "repl-diskless-sync-delay 0")
	s.processes[replica] = process
	eventually(t, func() error { return inPlace(t.Context(), replica) })
	for range 3 {
		address, _ := startWith(t, []string{"--sentinel"}, "sentinel monitor "+MasterName+" 127.0.0.1 "+port+" 2",
			"sentinel down-after-milliseconds "+MasterName+" 500", "sentinel failover-timeout "+MasterName+" 2000")
		s.Addresses = append(s.Addresses, address)
	}
	for _, address := range s.Addresses {
		eventually(t, func() error { return watches(t.Context(), address) })
	}
	return s
}

// watches returns an error until a sentinel knows the two others and the
// replica.
func watches(ctx context.Context, address string) error {
	client := redis.NewSentinelClient(&redis.Options{Addr: address})
	defer client.Close()
	master, err := client.Master(ctx, MasterName).Result()
	if err == nil && (master["num-other-sentinels"] != "2" || master["num-slaves"] != "1") {
		err = errors.New(fmt.Sprint(master))
	}
	return err
}

// Master returns the address of the master, as the first sentinel has it.
func (s *Sentinel) Master(t testing.TB) string {
	t.Helper()
	client := redis.NewSentinelClient(&redis.Options{Addr: s.Addresses[0]})
	defer client.Close()
	address, err := client.GetMasterAddrByName(t.Context(), MasterName).Result()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(address, ":")
}

// Signal sends a signal to the server of an address.
func (s *Sentinel) Signal(t testing.TB, address string, signal os.Signal) {
	t.Helper()
	server := s.processes[address]
	if server == nil {
		t.Fatal("no server at ", address)
	}
	if err := server.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
