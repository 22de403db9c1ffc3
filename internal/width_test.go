package internal_test

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestCommentsFitTheScreen allows comment lines of 100 columns, a tab counting
// as four. Programs in comments, tables and the output of examples may be wider.
func TestCommentsFitTheScreen(t *testing.T) {
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		source, err := fs.ReadFile(root, path)
		for n, line := range bytes.Split(source, []byte("\n")) {
			if width := utf8.RuneCount(line) + 3*bytes.Count(line, []byte("\t")); width > 100 && isProse(string(line)) {
				t.Errorf("%s:%d: a comment of %d columns", path, n+1, width)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isProse reports whether a line is a comment and neither a program nor a table.
func isProse(line string) bool {
	text, comment := strings.CutPrefix(strings.TrimLeft(line, "\t"), "// ")
	return comment && !strings.Contains(text, "   ") && !strings.HasPrefix(text, "Output:")
}
