package docsnippets_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// Note is the model that permissions of the documents are about.
type Note struct {
	ID, OwnerID int64
	Title       string
}

// TableName names the table as Django's application "core" would.
func (Note) TableName() string { return "core_note" }

// prepare makes the database app.db in a folder, with users, the permissions
// of notes, and the API key that the documents revoke.
func prepare(t *testing.T, dir string, users ...string) {
	t.Helper()
	db, err := database.Open(filepath.Join(dir, "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ctx := t.Context()
	err = errors.Join(models.Migrate(db), db.AutoMigrate(&Note{}), models.SyncPermissions(ctx, db, &Note{}))
	for _, name := range users {
		err = errors.Join(err, models.CreateUser(ctx, db, &models.User{Username: name, IsSuperuser: true}, password))
	}
	const prefix = "Yb3kQ0zT"
	key := &apikey.Key{ID: prefix + ".x", Prefix: prefix, HashedKey: "x", Name: "feed", Created: time.Now()}
	err = errors.Join(err, db.Create(key).Error)
	err = errors.Join(err, db.Exec(`CREATE TABLE knox_authtoken
		(digest text PRIMARY KEY, token_key text, created datetime, expiry datetime, user_id integer)`).Error)
	err = errors.Join(err, os.MkdirAll(filepath.Join(dir, ".config/fish/completions"), 0o700))
	if err != nil {
		t.Fatal(err)
	}
}

// environment returns the environment of programs and commands.
func environment(dir string) []string {
	return append(os.Environ(), "HOME="+dir, "DATABASE_URL=app.db", "GIN_MODE=release",
		"SECRET_KEY=neither-short-nor-an-example-4d1f0a97b2c86e53a1b9d0", "JWT_SIGNING_KEY=a-signing-key-of-its-own-of-32-bytes")
}

// process is a program that serves, and its output.
type process struct {
	address string
	mu      sync.Mutex
	text    bytes.Buffer
}

// serve starts a program in a folder, and waits until it listens.
func serve(t *testing.T, dir, binary string) *process {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{address: listener.Addr().String()}
	listener.Close()
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p, p
	cmd.Env = append(environment(dir), "ADDR="+p.address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // after the test's context has killed it
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", p.address)
		if err == nil {
			connection.Close()
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing listens on %s: %v\n%s", p.address, err, p)
		}
	}
}

func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *process) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}
