// Package djangotest runs real Django in tests: that of Debian's Python on this
// machine or, if GINAUTH_TEST_PYTHON names another interpreter, such as
// .ci/django makes, the one that is installed there. Tests that need it are
// skipped where it is not installed, and with -short. .ci/run installs all of it
// and accepts no skipped test except in the race detector's run, which uses
// -short.
package djangotest

import (
	"cmp"
	"context"
	_ "embed" // django_setup.py
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// another returns the interpreter to run instead of Debian's, or "".
func another() string { return os.Getenv("GINAUTH_TEST_PYTHON") }

// python returns the command that runs Python, which writes no bytecode.
func python(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, cmp.Or(another(), "/usr/bin/python3"), append([]string{"-B"}, args...)...)
}

// setup is the module django_setup, which scripts import.
//
//go:embed django_setup.py
var setup []byte

// Command returns the command that runs a script, which can import
// django_setup. It ends with the test.
func Command(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "django_setup.py"), setup, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"-W", "error::DeprecationWarning:__main__", script}
	cmd := python(t.Context(), append(flags, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir)
	return cmd
}

// Run runs a script with stdin as its standard input, and returns what it
// prints.
func Run(t testing.TB, stdin, script string, args ...string) string {
	t.Helper()
	cmd := Command(t, script, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := output(cmd)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out
}

// output returns what a command prints. The error has what it prints besides.
func output(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w\n%s%s", err, out, &stderr)
	}
	return string(out), nil
}

// Serve starts a script that answers calls; see [Process.Call].
func Serve(t testing.TB, script string, args ...string) *Process {
	t.Helper()
	return Start(t, Command(t, script, args...))
}
