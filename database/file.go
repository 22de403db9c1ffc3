package database

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
)

// createPrivate creates an empty file that only its owner can read; SQLite
// would create one whose mode depends on the umask. SQLite gives the mode of a
// database to its -wal, -shm and -journal files. Like SQLite, createPrivate
// follows a symbolic link to a file that does not exist.
//
// An existing file keeps its mode, which may be deliberate, e.g. for a group
// that a Django on the same machine runs in. If every user of the machine can
// read the file, that is logged.
func createPrivate(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
			slog.Warn("ginauth: every user of this machine can read the SQLite file; "+
				"chmod 600 it, with its -wal and -shm", "file", path)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil // SQLite reports what is wrong
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("database: create: %w", err)
	}
	return file.Close()
}
