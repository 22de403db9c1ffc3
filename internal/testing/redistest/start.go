package redistest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Start starts a server with settings of its own, lines of redis.conf, and
// returns a client. The server stops when the test ends. Without a Redis for
// tests the test is skipped.
func Start(t testing.TB, settings ...string) *redis.Client {
	t.Helper()
	need(t)
	address, _ := start(t, settings...)
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { client.Close() })
	eventually(t, func() error { return client.Ping(t.Context()).Err() })
	return client
}

func need(t testing.TB) {
	t.Helper()
	if os.Getenv(Variable) == "" {
		t.Skip("SKIPPED: set " + Variable + "=redis://... to run this test on Redis")
	}
}

// start starts a server, which may not listen yet.
func start(t testing.TB, settings ...string) (address string, process *os.Process) {
	t.Helper()
	return startWith(t, nil, append([]string{`save ""`, "appendonly no"}, settings...)...)
}

// startWith is start with flags for the command line.
func startWith(t testing.TB, flags []string, settings ...string) (address string, process *os.Process) {
	t.Helper()
	port, directory := freePort(t), t.TempDir()
	config := filepath.Join(directory, "redis.conf")
	settings = append([]string{"bind 127.0.0.1", "port " + port, "dir " + directory}, settings...)
	if err := os.WriteFile(config, []byte(strings.Join(settings, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("redis-server", append([]string{config}, flags...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	return "127.0.0.1:" + port, server.Process
}

// freePort returns a port that no server listens on.
func freePort(t testing.TB) string {
	t.Helper()
	listener := listen(t)
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}
