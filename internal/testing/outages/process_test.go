//go:build linux

package outages_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a program that listens on a port, and can be stopped, frozen and
// started again.
type server struct {
	t       *testing.T
	name    string
	command func() *exec.Cmd
	address string
	quit    syscall.Signal // ends it at once
	cmd     *exec.Cmd
	log     bytes.Buffer // read once the program has ended
}

// serve starts a program, which ends with the test.
func serve(t *testing.T, name, address string, quit syscall.Signal, command func() *exec.Cmd) *server {
	t.Helper()
	s := &server{t: t, name: name, address: address, quit: quit, command: command}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.log.Reset()
	s.cmd = s.command()
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Since(began) > patience {
			s.stop()
			s.t.Fatalf("%s does not listen: %s", s.name, &s.log)
		}
	}
}

// stop ends the program without notice to its clients. It may have ended.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	s.thaw()
	_ = s.cmd.Process.Signal(s.quit)
	_ = s.cmd.Wait()
	s.cmd = nil
}

func (s *server) freeze() { s.signal(syscall.SIGSTOP) }
func (s *server) thaw()   { s.signal(syscall.SIGCONT) }

// signal sends a signal to the program and to its children, such as the
// sessions of PostgreSQL.
func (s *server) signal(signal syscall.Signal) {
	pid := s.cmd.Process.Pid
	_ = syscall.Kill(pid, signal) // first, so that it has no more children
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return // it has ended
	}
	for text := range strings.FieldsSeq(string(children)) {
		if child, err := strconv.Atoi(text); err == nil {
			_ = syscall.Kill(child, signal)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// startRedis starts a Redis.
func startRedis(t *testing.T) *server {
	t.Helper()
	address, directory := freeAddress(t), t.TempDir()
	return serve(t, "redis-server", address, syscall.SIGKILL, func() *exec.Cmd {
		return exec.Command("redis-server", "--bind", "127.0.0.1", "--port", portOf(address), "--dir", directory, "--save", "", "--appendonly", "no")
	})
}
