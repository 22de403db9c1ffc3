package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // drf.py
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// django is the real Django REST framework, on the PostgreSQL that ginauth asks.
const django = "DRF, gunicorn with 2 workers, token, PostgreSQL"

//go:embed drf.py
var djangoApplication []byte

// djangoContenders returns the Django of Debian's packages, or that of the
// Python which GINAUTH_TEST_PYTHON names.
func djangoContenders(w *world) (all []contender, omitted []string) {
	if w.Postgres == nil {
		return nil, []string{django + ": no PostgreSQL"}
	}
	python := cmp.Or(os.Getenv("GINAUTH_TEST_PYTHON"), "/usr/bin/python3")
	for _, module := range []string{"gunicorn", "rest_framework", "psycopg2"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := exec.CommandContext(ctx, python, "-c", "import "+module).Run()
		cancel()
		if err != nil {
			return nil, []string{fmt.Sprintf("%s: no %s", django, module)}
		}
	}
	return []contender{{name: django, start: func(w *world) (*server, error) { return startDjango(w, python) }}}, nil
}

// startDjango starts gunicorn on a port that is already listening.
func startDjango(w *world, python string) (s *server, err error) {
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listening.Close() // gunicorn has a copy
	socket, err := listening.(*net.TCPListener).File()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	dir, err := os.MkdirTemp("", "ginauth-bench-django")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	if err := os.WriteFile(filepath.Join(dir, "drf.py"), djangoApplication, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-B", "-m", "gunicorn", //nolint:noctx // stop ends it
		"--workers", "2", "--worker-class", "sync", "--bind", "fd://3", "--chdir", dir,
		"--log-level", "warning", "drf:application")
	cmd.Env, cmd.Stderr = append(os.Environ(), "DATABASE_URL="+w.Postgres.URL), os.Stderr
	cmd.ExtraFiles = []*os.File{socket}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &server{
		address:     listening.Addr().String(),
		credentials: w.Postgres.credentials(tokenOf),
		refusal:     http.StatusUnauthorized,
		cpu:         func() (time.Duration, error) { return spentWithChildren(cmd.Process.Pid) },
		stop: func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			os.RemoveAll(dir)
		},
	}, nil
}

// spentWithChildren returns the CPU that a process and its children have spent,
// to 10 ms each.
func spentWithChildren(process int) (spent time.Duration, err error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", process, process))
	if err != nil {
		return 0, err
	}
	for _, one := range append(strings.Fields(string(children)), strconv.Itoa(process)) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", one))
		if err != nil {
			return 0, err
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // those after the name
		for _, ticks := range fields[11:13] {                                     // utime, stime
			n, err := strconv.Atoi(ticks)
			if err != nil {
				return 0, err
			}
			spent += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return spent, nil
}
