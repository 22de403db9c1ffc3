//go:build linux

package outages_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// maxConnections is the server's, three of which are for superusers.
const maxConnections = 24

// postgres is a PostgreSQL of the test's own. The application has no rights of a
// superuser.
type postgres struct {
	*server
	databases int
}

// startPostgres starts a server.
func startPostgres(t *testing.T) *postgres {
	t.Helper()
	if os.Getenv("GINAUTH_TEST_POSTGRES") == "" {
		t.Skip("SKIPPED: set GINAUTH_TEST_POSTGRES=postgres://... to run this test on PostgreSQL")
	}
	directory := newDirectory(t)
	run(t, asPostgres(program(t, "initdb"), "--pgdata", directory, "--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"))
	p := launch(t, directory)
	p.execute("CREATE ROLE app LOGIN")
	return p
}

// launch starts the server of a directory.
func launch(t *testing.T, directory string) *postgres {
	t.Helper()
	address, path := freeAddress(t), program(t, "postgres")
	s := serve(t, "postgres", address, syscall.SIGQUIT, func() *exec.Cmd {
		return asPostgres(path, "-D", directory, "-h", "127.0.0.1", "-p", portOf(address), "-k", "", "-c", "fsync=off",
			"-c", "max_connections="+strconv.Itoa(maxConnections))
	})
	return &postgres{server: s}
}

// standby returns another server that follows this one.
func (p *postgres) standby() *postgres {
	p.t.Helper()
	directory := newDirectory(p.t)
	run(p.t, asPostgres(program(p.t, "pg_basebackup"), "--dbname", "postgres://postgres@"+p.address, "--pgdata", directory,
		"--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync"))
	return launch(p.t, directory)
}

// promote makes a standby a server that writes.
func (p *postgres) promote() { p.execute("SELECT pg_promote()") }

// newDatabase returns the URL of another empty database of the application's.
func (p *postgres) newDatabase() string {
	p.t.Helper()
	p.databases++
	name := fmt.Sprint("app", p.databases)
	p.execute("CREATE DATABASE " + name + " OWNER app")
	return p.url(name)
}

func (p *postgres) url(database string) string {
	return "postgres://app@" + p.address + "/" + database + "?connect_timeout=2"
}

// execute runs statements as a superuser, once the server accepts connections.
func (p *postgres) execute(statements ...string) {
	p.t.Helper()
	for _, statement := range statements {
		for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			err := p.try(statement)
			if err == nil {
				break
			}
			if time.Since(began) > patience {
				p.t.Fatal(err)
			}
		}
	}
}

func (p *postgres) try(statement string) error {
	db, err := sql.Open("pgx", "postgres://postgres@"+p.address+"/postgres?connect_timeout=2")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}

// readOnly makes the server refuse to write, or ends this.
func (p *postgres) readOnly(on bool) {
	p.execute(fmt.Sprintf("ALTER SYSTEM SET default_transaction_read_only = %v", on), "SELECT pg_reload_conf()")
}

// exhaust uses up all connections but those for superusers, after it has ended
// the application's, until the function that it returns is called.
func (p *postgres) exhaust() (release func()) {
	p.t.Helper()
	pool, err := dbtest.Open(p.t, p.url("postgres")+"&application_name=hog").DB()
	if err != nil {
		p.t.Fatal(err)
	}
	pool.SetMaxOpenConns(0)
	pool.SetMaxIdleConns(0)
	var held []*sql.Conn
	for began := time.Now(); time.Since(began) < time.Second; {
		conn, err := pool.Conn(p.t.Context())
		if err == nil {
			held = append(held, conn)
			continue
		}
		p.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND application_name <> 'hog'")
	}
	return func() {
		for _, conn := range held {
			conn.Close()
		}
	}
}

// asPostgres returns a command that runs as the user postgres, since the
// programs refuse to run as root.
func asPostgres(path string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(path, arguments...)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: postgresUser()}
	}
	cmd.Dir = "/"
	return cmd
}

func postgresUser() *syscall.Credential {
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// newDirectory returns a directory that the user postgres may use.
func newDirectory(t *testing.T) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "outages")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	if u := postgresUser(); u != nil && os.Getuid() == 0 {
		if err := os.Chown(directory, int(u.Uid), int(u.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// program returns the path of a program of PostgreSQL's, which Debian keeps out
// of the PATH.
func program(t *testing.T, name string) string {
	t.Helper()
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		return slices.Max(found)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("SKIPPED: install PostgreSQL to run this test: ", err)
	}
	return path
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd.Path, err, output)
	}
}
