package internal_test

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestCommentsFitTheScreen allows comment lines of 100 columns, with tab stops
// at every fourth. The output of examples may be wider.
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
			if width := columns(string(line)); width > 100 && isComment(string(line)) {
				t.Errorf("%s:%d: a comment of %d columns", path, n+1, width)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// columns returns the width of a line.
func columns(line string) (width int) {
	for _, char := range line {
		if width++; char == '\t' {
			width += (4 - width%4) % 4
		}
	}
	return width
}

// isComment reports whether a line is a comment, other than the output of an
// example.
func isComment(line string) bool {
	text, comment := strings.CutPrefix(strings.TrimLeft(line, "\t"), "//")
	return comment && !strings.HasPrefix(text, " Output:")
}
