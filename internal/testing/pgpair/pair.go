// Package pgpair gives tests a PostgreSQL with a streaming replica, on servers
// of their own that they may stop and promote.
package pgpair

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
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
	primary, replica := newServer(t), newServer(t)
	dbtest.RunProgram(t, "initdb", "-D", primary.directory, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync")
	primary.start(t)
	host, port, _ := net.SplitHostPort(primary.address)
	dbtest.RunProgram(t, "pg_basebackup", "-D", replica.directory, "-h", host, "-p", port, "-U", "postgres",
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
	return &Server{address: freeAddress(t), directory: dbtest.Directory(t), ended: make(chan struct{})}
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.address)
	var log bytes.Buffer // read once the server has ended
	server := dbtest.Program(t, "postgres", "-D", s.directory, "-h", host, "-p", port, "-k", "", "-F",
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

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(fmt.Errorf("a free port: %w", err))
	}
	defer listener.Close()
	return listener.Addr().String()
}
