// Package bouncertest starts PgBouncer in front of a test's database, in
// transaction mode:
//
//	db := dbtest.Open(t, bouncertest.Start(t, dbtest.Postgres(t)))
//
// It needs the program pgbouncer: the one that GINAUTH_TEST_PGBOUNCER names, or
// else the installed one.
package bouncertest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Variable is the environment variable with the path of the program.
const Variable = "GINAUTH_TEST_PGBOUNCER"

// Start starts PgBouncer in front of the database that url names, and returns
// the URL that leads through it. It ends with the test. Each transaction gets
// the next of a few sessions of the server, so that a client that relies on its
// session soon misses something, its prepared statements among them. Without
// the program the test is skipped.
func Start(t testing.TB, url string) string {
	t.Helper()
	program := find(t)
	return start(t, program, url, lossy(t, program))
}

// lossy returns the setting by which the program keeps no statements.
func lossy(t testing.TB, program string) string {
	t.Helper()
	if keepsStatements(t, program) {
		return "max_prepared_statements = 0\n"
	}
	return ""
}

// StartKeeping is [Start] with a PgBouncer that prepares the statements of its
// clients in each session. Releases before 1.21 cannot: ok is then false.
func StartKeeping(t testing.TB, url string) (through string, ok bool) {
	t.Helper()
	program := find(t)
	if !keepsStatements(t, program) {
		return "", false
	}
	return start(t, program, url, "max_prepared_statements = 100\n"), true
}

// keepsStatements reports whether the program has max_prepared_statements.
func keepsStatements(t testing.TB, program string) bool {
	t.Helper()
	out, err := exec.Command(program, "--version").Output()
	var minor int
	if _, scan := fmt.Sscanf(string(out), "PgBouncer 1.%d", &minor); err != nil || scan != nil {
		t.Fatalf("%s --version: %s %v", program, out, errors.Join(err, scan))
	}
	return minor >= 21
}

func start(t testing.TB, program, url, setting string) string {
	t.Helper()
	through, address, command := configure(t, program, url, setting)
	var log bytes.Buffer // read once the program has ended
	cmd := command()
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	if err := listening(address); err != nil {
		stop()
		t.Fatalf("pgbouncer: %v\n%s", err, &log)
	}
	return through
}

// Configure is [Start] for a test that starts PgBouncer itself, perhaps more
// than once: command returns the command that does, and address is where
// PgBouncer then listens.
func Configure(t testing.TB, url string) (through, address string, command func() *exec.Cmd) {
	t.Helper()
	program := find(t)
	return configure(t, program, url, lossy(t, program))
}

func configure(t testing.TB, program, url, setting string) (through, address string, command func() *exec.Cmd) {
	t.Helper()
	address = freeAddress(t)
	file := filepath.Join(t.TempDir(), "pgbouncer.ini")
	through, config := configuration(t, url, address)
	if err := os.WriteFile(file, []byte(config+setting), 0o600); err != nil {
		t.Fatal(err)
	}
	return through, address, func() *exec.Cmd { return exec.Command(program, file) }
}

// find returns the path of the program, or skips the test. Debian installs it
// where only root looks.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{cmp.Or(os.Getenv(Variable), "pgbouncer"), "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: install pgbouncer to run this test behind it")
	return ""
}

// configuration returns the URL that leads through PgBouncer, and its
// pgbouncer.ini. Clients need no password there; PgBouncer has the one of the
// database.
func configuration(t testing.TB, database, address string) (through, ini string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal("the URL of the database cannot be read") // the error quotes the password
	}
	host, port, _ := net.SplitHostPort(address)
	ini = fmt.Sprintf("[databases]\n%s = host=%s port=%s user=%s", strings.TrimPrefix(u.Path, "/"),
		u.Hostname(), cmp.Or(u.Port(), "5432"), quote(u.User.Username()))
	if password, ok := u.User.Password(); ok {
		ini += " password=" + quote(password)
	}
	ini += fmt.Sprintf("\n[pgbouncer]\nlisten_addr = %s\nlisten_port = %s\n", host, port)
	ini += "unix_socket_dir =\nauth_type = any\npool_mode = transaction\n" +
		"default_pool_size = 6\nserver_round_robin = 1\nmax_client_conn = 500\n"
	if os.Getuid() == 0 {
		ini += "user = nobody\n" // it refuses to run as root
	}
	u.User, u.Host, u.RawQuery = url.User(u.User.Username()), address, "sslmode=disable"
	return u.String(), ini
}

func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// listening waits until an address accepts connections.
func listening(address string) (err error) {
	for range 500 {
		var conn net.Conn
		if conn, err = net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
