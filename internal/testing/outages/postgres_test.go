//go:build linux

package outages_test

import (
	"database/sql"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// maxConnections is the server's. Three are for superusers.
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
	directory := dbtest.Directory(t)
	dbtest.RunProgram(t, "initdb", "--pgdata", directory, "--username", "postgres", "--auth", "trust", "--no-sync",
		"--encoding", "UTF8", "--locale", "C")
	p := launch(t, directory)
	p.execute("CREATE ROLE app LOGIN")
	return p
}

// launch starts the server of a directory.
func launch(t *testing.T, directory string) *postgres {
	t.Helper()
	address := freeAddress(t)
	s := serve(t, "postgres", address, syscall.SIGQUIT, func() *exec.Cmd {
		return dbtest.Program(t, "postgres", "-D", directory, "-h", "127.0.0.1", "-p", portOf(address), "-k", "", "-c", "fsync=off",
			"-c", "max_connections="+strconv.Itoa(maxConnections))
	})
	return &postgres{server: s}
}

// standby returns another server that follows this one.
func (p *postgres) standby() *postgres {
	p.t.Helper()
	directory := dbtest.Directory(p.t)
	dbtest.RunProgram(p.t, "pg_basebackup", "--dbname", "postgres://postgres@"+p.address, "--pgdata", directory,
		"--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync")
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
