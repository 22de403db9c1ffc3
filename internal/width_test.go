package internal_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestCommentsFitTheScreen allows comment lines of 100 columns, with tab stops
// at every fourth. The output of examples may be wider.
func TestCommentsFitTheScreen(t *testing.T) {
	for path, source := range goFiles(t) {
		for n, line := range bytes.Split(source, []byte("\n")) {
			if width := columns(string(line)); width > 100 && isComment(string(line)) {
				t.Errorf("%s:%d: a comment of %d columns", path, n+1, width)
			}
		}
	}
}

// TestCodeFitsTheScreen allows lines of 120 columns outside of tests. A line
// may be wider if it cannot be broken: a single literal, one line of a literal
// that has several, or a field with its tag.
func TestCodeFitsTheScreen(t *testing.T) {
	for path, source := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		whole := unbreakable(t, path, source)
		for n, line := range strings.Split(string(source), "\n") {
			if width := columns(line); width > 120 && !isComment(line) && !whole[n+1] {
				t.Errorf("%s:%d: a line of %d columns: name a part of it, or break it where its meaning ends",
					path, n+1, width)
			}
		}
	}
}

// goFiles returns the Go files below the root, by path.
func goFiles(t *testing.T) map[string][]byte {
	t.Helper()
	root, files := os.DirFS(".."), map[string][]byte{}
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		files[path], err = fs.ReadFile(root, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// unbreakable returns the numbers of the lines that Go or a literal does not
// let one break.
func unbreakable(t *testing.T, path string, source []byte) map[int]bool {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	whole := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			if n.Tag != nil {
				whole[files.Position(n.Tag.Pos()).Line] = true
			}
		case *ast.BasicLit:
			first, last := files.Position(n.Pos()).Line, files.Position(n.End()).Line
			for line := first + 1; line < last; line++ {
				whole[line] = true
			}
			if strings.Trim(lines[first-1], "\t +,)") == n.Value {
				whole[first] = true
			}
		}
		return true
	})
	return whole
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
