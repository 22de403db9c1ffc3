package logintest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Processes starts the test program twice more, with a variable of the
// environment, and makes each try 100 wrong passwords on one account at once.
// It expects that five of the 200 are tested and that all are counted. store is
// one that counts with theirs. The program's TestMain calls [Process] if the
// variable is set.
func Processes(t *testing.T, store loginstore.Store, variable, value string) {
	t.Helper()
	children := []*child{start(t, variable+"="+value), start(t, variable+"="+value)}
	tested := 0
	for _, c := range children {
		fmt.Fprintln(c.stdin, "go")
	}
	for _, c := range children {
		var n int
		if _, err := fmt.Fscan(c.stdout, &n); err != nil {
			t.Fatal(err)
		}
		tested += n
	}
	if tested != 5 {
		t.Errorf("%d of 200 were tested", tested)
	}
	a := From("alice", 1)
	Subject{Store: store}.expectLines(t, loginstore.Filter{Account: &a.Account},
		"account failed 5 pending 0 refused 195", "pair 10.0.0.1/32 failed 5 pending 0 refused 195")
}

// Process is the main function of such a program. It waits for a line on the
// standard input.
func Process(store loginstore.Store) {
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		panic(err)
	}
	a := From("alice", 1)
	var tested atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			r, err := store.Reserve(context.Background(), a, slow())
			for err == nil && r.Verdict == loginstore.Crowded {
				time.Sleep(10 * time.Millisecond)
				r, err = store.Reserve(context.Background(), a, slow())
			}
			if err != nil {
				panic(err)
			}
			if r.Verdict == loginstore.Reserved {
				tested.Add(1)
				if err := store.Settle(context.Background(), r, loginstore.Failed, slow()); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	// listing counts what the store has refused
	for range store.Counters(context.Background(), loginstore.Filter{}) {
		continue
	}
	fmt.Println(tested.Load())
}

// child is a process that Processes started.
type child struct {
	stdin  *os.File
	stdout *bufio.Reader
}

func start(t *testing.T, variable string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = os.Stderr
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = reader
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		reader.Close()
		writer.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &child{stdin: writer, stdout: bufio.NewReader(stdout)}
}
