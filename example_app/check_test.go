package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command of the application on a database of its own.
func command(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	var out bytes.Buffer
	exitCode = run(t.Context(), args, &out, &out)
	return exitCode, out.String()
}

// TestLock checks that policies.lock has the policies of all routes.
func TestLock(t *testing.T) {
	t.Setenv("DATABASE_URL", filepath.Join(t.TempDir(), "lock.db"))
	if *update {
		if code, out := command(t, "routes", "--lock", "policies.lock"); code != 0 {
			t.Fatal(out)
		}
	}
	if code, out := command(t, "check", "--lock", "policies.lock"); code != 0 {
		t.Errorf("run this test with -update, and look at the difference: %s", out)
	}
}

// TestCheckDeploy checks what is found with the settings of development, and
// with those of production.
func TestCheckDeploy(t *testing.T) {
	t.Setenv("DATABASE_URL", filepath.Join(t.TempDir(), "deploy.db"))
	if code, out := command(t, "migrate"); code != 0 {
		t.Fatal(out)
	}
	deploy := []string{"check", "--deploy", "--accept", "memory-store", "--accept", "memory-logins"} // one server
	if code, out := command(t, deploy...); code == 0 || !strings.Contains(out, "insecure-cookie: ") {
		t.Errorf("development: %d %s", code, out)
	}
	t.Setenv("INSECURE_COOKIES", "false")
	t.Setenv("SECRET_KEY", strings.Repeat("0123456789", 5))
	if code, out := command(t, deploy...); code != 0 {
		t.Errorf("production: %d %s", code, out)
	}
}
