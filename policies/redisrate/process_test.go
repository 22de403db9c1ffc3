package redisrate_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// prefixVariable makes the program one of the servers of
// TestProcessesCountTogether.
const prefixVariable = "REDISRATE_TEST_PREFIX"

// serve prints its address to standard output and serves until standard input
// ends.
func serve(prefix string) {
	store := redisrate.New(redistest.Connect(), redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	go func() { _ = http.Serve(listener, site(policies.RateConfig{Store: store})) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// start runs this program again as a server, until the test ends, and returns
// its address.
func start(t *testing.T, prefix string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), prefixVariable+"="+prefix)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// TestProcessesCountTogether sends 100 requests each to two servers at once,
// which share nothing but Redis: exactly 100 pass.
func TestProcessesCountTogether(t *testing.T) {
	_, prefix := redistest.Open(t)
	servers := []string{start(t, prefix), start(t, prefix)}
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			answer, err := http.Get("http://" + servers[i%2])
			if err != nil {
				t.Error(err)
				return
			}
			answer.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[answer.StatusCode]++
		})
	}
	wg.Wait()
	if want := map[int]int{http.StatusOK: 100, http.StatusTooManyRequests: 100}; !maps.Equal(statuses, want) {
		t.Errorf("%v, want %v", statuses, want)
	}
}
