package databaseurl

import (
	"errors"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// URI turns the name of a SQLite database, which is a path, sqlite:PATH,
// sqlite://PATH or a URI, into a URI. A URI stays unchanged.
func URI(name string) string {
	if path, ok := strings.CutPrefix(name, "sqlite:"); ok {
		name = strings.TrimPrefix(path, "//")
	}
	if strings.HasPrefix(name, "file:") {
		return name
	}
	path := url.URL{Path: filepath.Clean(name)}
	return "file:" + path.EscapedPath()
}

// onDisk reports whether a file system of SQLite is the one of the machine: one
// of its own, such as unix-excl, or the default.
func onDisk(vfs string) bool {
	return vfs == "" || vfs == "unix" || strings.HasPrefix(vfs, "unix-") || strings.HasPrefix(vfs, "win32")
}

// SQLite returns the file that the name of a SQLite database stands for, and
// whether SQLite may create it. The path is empty if there is no file: the
// database is in memory, or the name belongs to a virtual file system.
func SQLite(name string) (path string, mayCreate bool, err error) {
	name, query, _ := strings.Cut(strings.TrimPrefix(URI(name), "file:"), "?")
	name, _, _ = strings.Cut(name, "#")
	query, _, _ = strings.Cut(query, "#")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return "", false, errors.New("database: the parameters of the SQLite URI cannot be read")
	}
	if len(parameters["mode"]) > 1 {
		return "", false, errors.New("database: the SQLite URI has more than one mode")
	}
	// This is an authority, which SQLite requires to be empty or localhost.
	if rest, ok := strings.CutPrefix(name, "//"); ok {
		if _, path, found := strings.Cut(rest, "/"); found {
			name = "/" + path
		}
	}
	name, err = url.PathUnescape(name)
	if err != nil {
		return "", false, errors.New("database: the path of the SQLite URI cannot be read; % is written %25")
	}
	if strings.ContainsRune(name, 0) { // where SQLite would end it
		return "", false, errors.New("database: the path of the SQLite URI has a NUL")
	}
	mode := parameters.Get("mode")
	if name == "" || name == ":memory:" || mode == "memory" || !onDisk(parameters.Get("vfs")) {
		return "", false, nil
	}
	if runtime.GOOS == "windows" && len(name) > 2 && name[0] == '/' && name[2] == ':' {
		name = name[1:] // /C:/app.db
	}
	return filepath.FromSlash(name), mode == "" || mode == "rwc", nil
}
