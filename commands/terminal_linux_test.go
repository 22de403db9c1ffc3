package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/ginauth/ginauth/commands"
)

func TestPasswordIsNotShown(t *testing.T) {
	app, person := newTerminal(t)
	done := start(t.Context(), app, "user", "create", "alice")
	for _, prompt := range []string{"Password: ", "Password (again): "} {
		person.waitFor(prompt)
		person.waitForEcho(false)
		person.typeLine("hexagone")
	}
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	person.waitForEcho(true)
	person.waitFor("Created user alice")
	if shown := person.screen(); strings.Contains(shown, "hexagone") {
		t.Errorf("the terminal shows the password: %q", shown)
	}
}

func TestInterruptedTerminalIsPutRight(t *testing.T) {
	app, person := newTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := start(ctx, app, "user", "create", "alice")
	person.waitFor("Password: ")
	person.waitForEcho(false)
	cancel()
	if code := <-done; code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	person.waitForEcho(true)
	person.waitFor("ginauth: password: context canceled")
	person.typeLine("") // for the read that was left running
}

func start(ctx context.Context, app commands.App, args ...string) <-chan int {
	done := make(chan int, 1)
	go func() { done <- commands.Main(ctx, args, app) }()
	return done
}

// person sits at the other end of a pseudo-terminal.
type person struct {
	t       *testing.T
	control *os.File
	mu      sync.Mutex
	seen    bytes.Buffer
}

// newTerminal returns an application that runs on a pseudo-terminal, with its
// tables created.
func newTerminal(t *testing.T) (commands.App, *person) {
	t.Helper()
	t.Setenv("DATABASE_URL", filepath.Join(t.TempDir(), "app.db"))
	if code := commands.Main(t.Context(), []string{"migrate"}, commands.App{DatabaseFromURL: open, Stdout: io.Discard}); code != 0 {
		t.Fatal("migrate failed")
	}
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, control: control}
	var unlocked, number int32
	p.ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	p.ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { control.Close(); tty.Close() })
	go p.watch()
	return commands.App{DatabaseFromURL: open, Stdin: tty, Stdout: tty, Stderr: tty}, p
}

func (p *person) ioctl(request uintptr, argument unsafe.Pointer) {
	p.t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, p.control.Fd(), request, uintptr(argument)); err != 0 {
		p.t.Fatal(err)
	}
}

// watch reads what the terminal shows, until it is closed.
func (p *person) watch() {
	for b := make([]byte, 256); ; {
		n, err := p.control.Read(b)
		p.mu.Lock()
		p.seen.Write(b[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *person) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

func (p *person) typeLine(line string) {
	if _, err := io.WriteString(p.control, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) waitFor(text string) {
	p.t.Helper()
	p.wait("the terminal does not show "+text, func() bool { return strings.Contains(p.screen(), text) })
}

func (p *person) waitForEcho(on bool) {
	p.t.Helper()
	p.wait(fmt.Sprintf("the terminal's echo is not %v", on), func() bool {
		var state syscall.Termios
		p.ioctl(syscall.TCGETS, unsafe.Pointer(&state))
		return state.Lflag&syscall.ECHO != 0 == on
	})
}

func (p *person) wait(failure string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s; it shows %q", failure, p.screen())
		}
	}
}

// TestConfirmation checks that bulk operations that cannot be undone ask for
// confirmation at a terminal, and proceed if the answer is yes.
func TestConfirmation(t *testing.T) {
	for _, row := range []struct {
		args, question string
	}{
		{"user revoke-all alice", "Revoke all credentials of user alice?"},
		{"accesstoken revoke-all alice", "Revoke all access tokens of user alice?"},
		{"token import --scope * --expires never", "Import all of DRF's tokens, and delete them where Django reads them?"},
		{"login-failures reset --all", "Reset the failed logins of all accounts?"},
		{"login-failures reset --network 203.0.113.7", "Reset the failed logins of all accounts in the network 203.0.113.7?"},
	} {
		t.Run(row.args, func(t *testing.T) {
			for answer, code := range map[string]int{"y": 0, "YES": 0, "": 1, "n": 1, "yess": 1} {
				app, p := newTerminal(t)
				quiet := commands.App{DatabaseFromURL: open, Stdin: strings.NewReader("porridge-42\n"), Stdout: io.Discard, Stderr: io.Discard}
				if code := commands.Main(t.Context(), []string{"user", "create", "alice"}, quiet); code != 0 {
					t.Fatal("no user")
				}
				done := make(chan int, 1)
				go func() { done <- commands.Main(t.Context(), strings.Fields(row.args), app) }()
				p.waitFor(row.question + " This cannot be undone. [y/N] ")
				p.typeLine(answer)
				if got := <-done; got != code {
					t.Errorf("%q: exit code %d, want %d", answer, got, code)
				}
				if code != 0 {
					p.waitFor("not confirmed; nothing was changed")
				}
				quiet.Stdin = strings.NewReader("y\n")
				if code := commands.Main(t.Context(), strings.Fields(row.args), quiet); code != 2 {
					t.Errorf("without a terminal: exit code %d, want 2", code)
				}
				if code := commands.Main(t.Context(), append(strings.Fields(row.args), "--yes"), quiet); code != 0 {
					t.Errorf("with --yes: exit code %d, want 0", code)
				}
			}
		})
	}
}
