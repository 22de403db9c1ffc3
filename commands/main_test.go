package commands_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// TestMainEndsWithItsContext checks that the command can be interrupted,
// although a read of standard input cannot.
func TestMainEndsWithItsContext(t *testing.T) {
	url := filepath.Join(t.TempDir(), "app.db")
	nothing, writer := io.Pipe()
	defer writer.Close()
	var stderr bytes.Buffer
	app := commands.App{DatabaseFromURL: open, Stdin: nothing, Stdout: io.Discard, Stderr: &stderr}
	if code := commands.Main(t.Context(), []string{"migrate", "--database", url}, app); code != 0 {
		t.Fatalf("migrate: %s", &stderr)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	app.Stdin = readerFunc(func(p []byte) (int, error) {
		cancel(errors.New("enough"))
		return nothing.Read(p)
	})
	if code := commands.Main(ctx, []string{"user", "create", "alice", "--database", url}, app); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if got, want := stderr.String(), "ginauth: password: enough\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

func TestUserCreateFillsTheColumns(t *testing.T) {
	url := filepath.Join(t.TempDir(), "app.db")
	app := commands.App{DatabaseFromURL: open, Stdin: strings.NewReader("porridge-42\n"), Stdout: io.Discard}
	for _, args := range [][]string{
		{"migrate"},
		{"user", "create", "alice", "--email", " Al@Home@EXAMPLE.com ", "--first-name", "Al", "--last-name", "Ice", "--staff", "--superuser"},
	} {
		if code := commands.Main(t.Context(), append(args, "--database", url), app); code != 0 {
			t.Fatalf("%s: exit code %d", args, code)
		}
	}
	db, err := open(url)
	if err != nil {
		t.Fatal(err)
	}
	var got models.User
	if err := db.Take(&got).Error; err != nil {
		t.Fatal(err)
	}
	want := models.User{
		ID: 1, Username: "alice", Email: "Al@Home@example.com", FirstName: "Al", LastName: "Ice",
		IsStaff: true, IsSuperuser: true, IsActive: true,
	}
	ignored := cmpopts.IgnoreFields(models.User{}, "Password", "DateJoined")
	if diff := cmp.Diff(want, got, ignored, cmpopts.IgnoreUnexported(models.User{})); diff != "" {
		t.Error(diff)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestMainFailsIfItCannotPrint checks that output that could not be printed, a
// new token above all, is not reported as success.
func TestMainFailsIfItCannotPrint(t *testing.T) {
	url := filepath.Join(t.TempDir(), "app.db")
	var stderr bytes.Buffer
	app := commands.App{DatabaseFromURL: open, Stdin: strings.NewReader("porridge-42\n"), Stdout: full{}, Stderr: &stderr}
	for _, args := range [][]string{
		{"migrate"}, {"user", "create", "alice"}, {"user", "list"}, {"token", "create", "alice"}, {"token", "revoke", "alice"},
	} {
		stderr.Reset()
		code := commands.Main(t.Context(), append(args, "--database", url), app)
		if code != 1 || stderr.String() != "ginauth: disk full\n" {
			t.Errorf("%s: exit code %d, stderr %q", args, code, &stderr)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestMainNeedsOneDatabase(t *testing.T) {
	for _, app := range []commands.App{
		{},
		{Database: func() (*gorm.DB, error) { return nil, nil }, DatabaseFromURL: open},
	} {
		func() {
			defer func() {
				if message, ok := recover().(string); !ok || !strings.Contains(message, "either Database or DatabaseFromURL") {
					t.Errorf("recovered %q", message)
				}
			}()
			commands.Main(t.Context(), []string{"--help"}, app)
		}()
	}
}

// TestMainReportsPanics checks that a panic of the application's functions is a
// failure of one line, without a struct's contents, or is left alone where its
// stack is wanted.
func TestMainReportsPanics(t *testing.T) {
	var value any
	var stderr bytes.Buffer
	app := commands.App{
		Name: "notes", Stdout: io.Discard, Stderr: &stderr,
		Database: func() (*gorm.DB, error) { panic(value) },
		Routes:   func() (*ginauth.Auth, error) { panic(value) },
		Serve:    func(context.Context) error { panic(value) },
	}
	t.Setenv("GOTRACEBACK", "none")
	for _, row := range []struct {
		value any
		want  string
	}{
		{"HS256 needs\n\ta secret", "notes: panic: HS256 needs a secret (GOTRACEBACK=all shows where)\n"},
		{errors.New("no table"), "notes: panic: no table (GOTRACEBACK=all shows where)\n"},
		{struct{ password string }{"hunter2"}, "notes: panic: a struct { password string } (GOTRACEBACK=all shows where)\n"},
	} {
		value = row.value
		for _, command := range []string{"serve", "routes", "check", "migrate"} {
			stderr.Reset()
			if code := commands.Main(t.Context(), []string{command}, app); code != 1 || stderr.String() != row.want {
				t.Errorf("%s: exit code %d, stderr %q", command, code, &stderr)
			}
		}
	}
	t.Setenv("GOTRACEBACK", "all")
	value = "as it is"
	defer func() {
		if got := recover(); got != value {
			t.Errorf("recovered %v", got)
		}
	}()
	commands.Main(t.Context(), []string{"check"}, app)
}

// TestCommandsWait checks that commands wait for locks as long as it takes, and
// that what an application serves does not.
func TestCommandsWait(t *testing.T) {
	url := filepath.Join(t.TempDir(), "app.db")
	db, err := open(url)
	if err != nil {
		t.Fatal(err)
	}
	other, err := open(url)
	if err := errors.Join(err, db.Use(models.StatementTimeout(100*time.Millisecond)), models.Migrate(db)); err != nil {
		t.Fatal(err)
	}
	create := func(ctx context.Context, name string) error {
		return models.CreateUser(ctx, db, &models.User{Username: name}, "porridge-42")
	}
	for _, row := range []struct {
		command []string
		code    int
	}{
		{[]string{"user", "create", "alice"}, 0},
		{[]string{"serve"}, 1},
	} {
		var stderr bytes.Buffer
		app := commands.App{
			Name: "notes", Database: func() (*gorm.DB, error) { return db, nil }, Serve: func(ctx context.Context) error { return create(ctx, "bob") },
			Stdin: strings.NewReader("porridge-42\n"), Stdout: io.Discard, Stderr: &stderr,
		}
		tx := other.Begin()
		release := sync.OnceFunc(func() { tx.Rollback() })
		time.AfterFunc(400*time.Millisecond, release)
		if code := commands.Main(t.Context(), row.command, app); code != row.code ||
			strings.Contains(stderr.String(), "did not answer within 100ms") != (row.code != 0) {
			t.Errorf("%s: exit code %d, %s", row.command, code, &stderr)
		}
		release()
	}
}
