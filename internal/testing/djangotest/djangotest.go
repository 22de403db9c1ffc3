// Package djangotest runs real Django in tests, as Debian packages it. Tests
// that need it are skipped where it is not installed, and with -short. .ci/run
// installs all of it and accepts no skipped test except in the race detector's
// run, which uses -short.
package djangotest

import (
	_ "embed" // django_setup.py
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is Debian's interpreter, for which Django and its packages are
// available.
const python = "/usr/bin/python3"

// Need skips the test unless these Python modules are installed, and skips it
// with -short.
func Need(t testing.TB, modules ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out real Django")
	}
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: install Debian's packages that .ci/run names to run this test with real Django: %v: %s", err, out)
	}
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
	flags := []string{"-B", "-W", "error::DeprecationWarning:__main__", script}
	cmd := exec.CommandContext(t.Context(), python, append(flags, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir)
	return cmd
}

// Run runs a script with stdin as its standard input, and returns what it
// prints.
func Run(t testing.TB, stdin, script string, args ...string) string {
	t.Helper()
	cmd := Command(t, script, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, out, &stderr)
	}
	return string(out)
}

// Serve starts a script that answers calls; see [Process.Call].
func Serve(t testing.TB, script string, args ...string) *Process {
	t.Helper()
	return Start(t, Command(t, script, args...))
}
