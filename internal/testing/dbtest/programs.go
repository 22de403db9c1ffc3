package dbtest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Server returns the URL of the PostgreSQL that GINAUTH_TEST_POSTGRES names.
// Without the variable the test is skipped, which .ci/run does not accept.
func Server(t testing.TB) string {
	t.Helper()
	server := os.Getenv("GINAUTH_TEST_POSTGRES")
	if server == "" {
		t.Skip("SKIPPED: set GINAUTH_TEST_POSTGRES=postgres://... to run this test on PostgreSQL")
	}
	return server
}

// Program returns a command of PostgreSQL's, such as initdb, for a test that
// starts servers of its own. The programs refuse to be run by root, so the user
// postgres runs them. Where tests have no [Server], or Debian's package
// postgresql is missing, the test is skipped, which .ci/run does not accept.
func Program(t testing.TB, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	Server(t)
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // not in the PATH
	if len(found) == 0 {
		t.Skip("SKIPPED: install postgresql to run this test on a server of its own")
	}
	path := slices.Max(found)
	if account(t) != nil {
		arguments = append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", path}, arguments...)
		path = "setpriv"
	}
	cmd := exec.Command(path, arguments...)
	cmd.Dir = os.TempDir()
	return cmd
}

// RunProgram runs a [Program] to its end.
func RunProgram(t testing.TB, name string, arguments ...string) {
	t.Helper()
	if output, err := Program(t, name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
}

// Directory returns a directory for the data of a server that a test starts. It
// is removed when the test ends. Other users cannot reach t.TempDir.
func Directory(t testing.TB) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	if account := account(t); account != nil {
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		if err := os.Chown(directory, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(directory, 0o700); err != nil { // PostgreSQL accepts no other mode
		t.Fatal(err)
	}
	return directory
}

// account returns the user for the servers of a test that root runs, or nil.
func account(t testing.TB) *user.User {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	return account
}
