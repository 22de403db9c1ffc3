package database_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// modes lists the contents of a directory as "name mode".
func modes(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := os.Stat(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s %o", entry.Name(), info.Mode().Perm()))
	}
	return list
}

// TestSQLiteFilesArePrivate checks that only the owner can read the files,
// whatever form their name has and whichever journal is used. Each is inspected
// within a transaction that writes.
func TestSQLiteFilesArePrivate(t *testing.T) {
	for i, name := range []string{
		"%s/app.db", "sqlite:%s/app.db", "sqlite://%s/app.db", "file:%s/app.db", "file://%s/app.db", "file://localhost%s/app.db",
		"file:%s/app.db?mode=rwc", "file:%s/app.db?vfs=unix", "file:%s/app.db?vfs=unix-excl&_journal_mode=DELETE", "file:%s/app.db?_journal_mode=DELETE", "file:%s/app.db?_journal_mode=PERSIST",
		"file:%s/app%%20%%231.db", "%s/app #1?.db", "%s/dangling.db",
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) { // a test's directory has the test's name
			dir := t.TempDir()
			if strings.Contains(name, "dangling") {
				if err := os.Symlink(filepath.Join(dir, "target.db"), filepath.Join(dir, "dangling.db")); err != nil {
					t.Fatal(err)
				}
			}
			db := mustOpen(t, fmt.Sprintf(name, dir))
			tx := db.Begin()
			defer tx.Rollback()
			if err := tx.Exec("CREATE TABLE t (a)").Error; err != nil {
				t.Fatal(err)
			}
			list := modes(t, dir)
			if len(list) < 2 {
				t.Errorf("only %q", list)
			}
			for _, file := range list {
				if !strings.HasSuffix(file, ".db 600") && !strings.HasSuffix(file, "-wal 600") && !strings.HasSuffix(file, "-shm 600") &&
					!strings.HasSuffix(file, "-journal 600") {
					t.Errorf("%s: %s", name, file)
				}
			}
		})
	}
}

func TestSQLiteFilesKeepTheirMode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.db")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o660)); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, path)
	if err := db.Exec("CREATE TABLE t (a)").Error; err != nil {
		t.Fatal(err)
	}
	for _, file := range modes(t, dir) {
		if !strings.HasSuffix(file, " 660") {
			t.Error(file)
		}
	}
}

// TestOpenMakesNoFile opens databases that are not in a file, or must already
// exist.
func TestOpenMakesNoFile(t *testing.T) {
	for _, row := range []struct {
		name    string
		failing bool
	}{
		{":memory:", false},
		{"file::memory:?cache=shared", false},
		{"file:app.db?mode=memory", false},
		{"file:app.db?mode=ro", true},
		{"file:app.db?mode=rw", true},
		{"file:app.db?mode=ro&mode=rwc", true},
		{"file:app%00.db", true},
		{"no/such/directory.db", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			err := opened(row.name)
			if (err != nil) != row.failing {
				t.Errorf("error %v", err)
			}
			if list := modes(t, "."); len(list) > 0 {
				t.Errorf("there is %q", list)
			}
		})
	}
}
