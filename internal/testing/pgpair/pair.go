// Package pgpair gives tests a PostgreSQL with a streaming replica, on servers
// of their own that they may stop and promote.
package pgpair

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pair is a primary with its replica.
type Pair struct {
	Primary, Replica *Server
}

// Server is a server of a [Pair].
type Server struct {
	address   string
	directory string
	process   *os.Process
	ended     chan struct{}
}

// Start starts the servers, which stop when the test ends. Without a PostgreSQL
// for tests, or without its programs, the test is skipped.
func Start(t testing.TB) *Pair {
	t.Helper()
	if os.Getenv("GINAUTH_TEST_POSTGRES") == "" {
		t.Skip("SKIPPED: set GINAUTH_TEST_POSTGRES=postgres://... to run this test on PostgreSQL")
	}
	primary, replica := newServer(t), newServer(t)
	run(t, "initdb", "-D", primary.directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	primary.start(t)
	host, port, _ := net.SplitHostPort(primary.address)
	run(t, "pg_basebackup", "-D", replica.directory, "-h", host, "-p", port, "-U", "postgres",
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	replica.start(t)
	return &Pair{Primary: primary, Replica: replica}
}

// URL leads to the server of the two that can be written to.
func (p *Pair) URL() string {
	return "postgres://postgres@" + p.Primary.address + "," + p.Replica.address +
		"/postgres?sslmode=disable&target_session_attrs=read-write&connect_timeout=2"
}

// URL leads to the server.
func (s *Server) URL() string {
	return "postgres://postgres@" + s.address + "/postgres?sslmode=disable&connect_timeout=2"
}

// Do executes a statement on the server.
func (s *Server) Do(t testing.TB, statement string) {
	t.Helper()
	if err := s.do(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) do(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Pause makes the replica lag: it receives changes, and does not show them.
func (s *Server) Pause(t testing.TB) { t.Helper(); s.Do(t, "SELECT pg_wal_replay_pause()") }

// Resume ends [Server.Pause].
func (s *Server) Resume(t testing.TB) { t.Helper(); s.Do(t, "SELECT pg_wal_replay_resume()") }

// Promote makes a replica a primary.
func (s *Server) Promote(t testing.TB) { t.Helper(); s.Do(t, "SELECT pg_promote()") }

// Stop stops the server without a word to its clients, as a crash does.
func (s *Server) Stop() {
	_ = s.process.Signal(syscall.SIGQUIT)
	<-s.ended
}

func newServer(t testing.TB) *Server {
	t.Helper()
	directory, err := os.MkdirTemp("", "pgpair") // other accounts cannot reach t.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	if account := other(t); account != nil {
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		if err := os.Chown(directory, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return &Server{address: freeAddress(t), directory: directory, ended: make(chan struct{})}
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	if err := os.Chmod(s.directory, 0o700); err != nil { // PostgreSQL accepts no other mode
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(s.address)
	var log bytes.Buffer // read once the server has ended
	server := command(t, "postgres", "-D", s.directory, "-h", host, "-p", port, "-k", "", "-F",
		"-c", "log_min_messages=fatal", "-c", "wal_receiver_status_interval=1s")
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = server.Process
	go func() {
		_ = server.Wait()
		close(s.ended)
	}()
	t.Cleanup(s.Stop)
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := s.do(t.Context(), "SELECT 1")
		if err == nil {
			return
		}
		if time.Since(began) > 30*time.Second {
			s.Stop()
			t.Fatalf("%v\n%s", err, &log)
		}
	}
}

func run(t testing.TB, program string, arguments ...string) {
	t.Helper()
	if output, err := command(t, program, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, output)
	}
}

// command returns a command of PostgreSQL, which refuses to be run by root.
func command(t testing.TB, program string, arguments ...string) *exec.Cmd {
	t.Helper()
	path := filepath.Join(programs(t), program)
	if other(t) != nil {
		arguments = append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", path}, arguments...)
		path = "setpriv"
	}
	cmd := exec.Command(path, arguments...)
	cmd.Dir = os.TempDir()
	return cmd
}

// other returns the account for the servers of a test that root runs, or nil.
func other(t testing.TB) *user.User {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// programs returns the directory of the newest PostgreSQL, where Debian has it.
func programs(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("SKIPPED: install postgresql to run this test on a primary with a replica")
	}
	return filepath.Dir(slices.Max(found))
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(fmt.Errorf("a free port: %w", err))
	}
	defer listener.Close()
	return listener.Addr().String()
}
