package database

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
)

// createPrivate makes an empty file that only its owner can read, where SQLite
// would make one that the umask decides about. SQLite gives a database's -wal,
// -shm and -journal the mode of the database. A symbolic link to a file that is
// not there is followed, as SQLite does.
//
// A file that is there keeps its mode, which may be somebody's decision, e.g. for
// a group that a Django beside us runs in. It is logged if every user of the
// machine can read it.
func createPrivate(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
			slog.Warn("ginauth: every user of this machine can read the SQLite file; chmod 600 it, with its -wal and -shm", "file", path)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil // SQLite says what is wrong
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("database: create: %w", err)
	}
	return file.Close()
}
