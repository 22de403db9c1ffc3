package database

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// sqliteFile returns the file that a SQLite URI names, and whether SQLite may
// make it. The path is empty if there is none: the database is in memory, or the
// URI names a file system of its own.
func sqliteFile(uri string) (path string, mayCreate bool, err error) {
	name, query, _ := strings.Cut(strings.TrimPrefix(uri, "file:"), "?")
	name, _, _ = strings.Cut(name, "#")
	query, _, _ = strings.Cut(query, "#")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return "", false, errors.New("database: the parameters of the SQLite URI cannot be read")
	}
	if len(parameters["mode"]) > 1 {
		return "", false, errors.New("database: the SQLite URI has more than one mode")
	}
	if rest, ok := strings.CutPrefix(name, "//"); ok { // an authority, which SQLite wants to be empty or localhost
		if _, path, found := strings.Cut(rest, "/"); found {
			name = "/" + path
		}
	}
	name, err = url.PathUnescape(name)
	if err != nil {
		return "", false, errors.New("database: the path of the SQLite URI cannot be read; % is written %25")
	}
	mode := parameters.Get("mode")
	if name == "" || name == ":memory:" || mode == "memory" || parameters.Has("vfs") {
		return "", false, nil
	}
	if runtime.GOOS == "windows" && len(name) > 2 && name[0] == '/' && name[2] == ':' {
		name = name[1:] // /C:/app.db
	}
	return filepath.FromSlash(name), mode == "" || mode == "rwc", nil
}

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
