package internal_test

import (
	"flag"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write internal/testdata/api.txt")

// TestAPI compares what the packages export with testdata/api.txt, one line an
// identifier, so that no change of the API goes unnoticed.
func TestAPI(t *testing.T) {
	var lines []string
	for _, dir := range publicPackages(t) {
		lines = append(lines, exported(t, dir)...)
	}
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/api.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("the exported API has changed. If that is intended, run go test ./internal -run TestAPI -update "+
			"and say in CHANGELOG.md what a user must do.\n%s%s", without("-", string(want), got), without("+", got, string(want)))
	}
}

// without returns the lines of one text that are missing from another, each
// prefixed with a mark.
func without(mark, text, other string) string {
	known := strings.Split(other, "\n")
	var missing strings.Builder
	for line := range strings.Lines(text) {
		if !slices.Contains(known, strings.TrimSuffix(line, "\n")) {
			missing.WriteString(mark + " " + line)
		}
	}
	return missing.String()
}

// publicPackages returns the directories whose packages other modules can
// import.
func publicPackages(t *testing.T) (dirs []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if path != ".." && closedDirectory(path, entry.Name()) {
			return fs.SkipDir
		}
		dirs = append(dirs, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// closedDirectory reports whether nothing in a directory can be imported: Go
// forbids it, it contains a program, or it is a separate module.
func closedDirectory(path, name string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil || strings.HasPrefix(name, ".") || slices.Contains([]string{"internal", "testdata", "cmd", "example_app", "docs", "node_modules"}, name)
}

// exported returns the sorted API of a package, or nothing for a directory
// without Go files.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	a := api{pkg: filepath.ToSlash(strings.TrimPrefix(dir, ".."+string(filepath.Separator)))}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range syntax.Decls {
			a.declaration(declaration)
		}
	}
	slices.Sort(a.lines)
	return a.lines
}

// TestAPIOfEveryKind checks the listing of one declaration of each kind.
func TestAPIOfEveryKind(t *testing.T) {
	const source = `package p
type Alias = http.Header
type Set[K comparable, V any] map[K]V
type T struct { A, B int; c bool; io.Reader; *Set[string, int]; lower }
type I interface { Do(x, y int) (n int, err error); error; hidden() }
type lower struct { X int }
const C, d = 1, 2
const E Kind = "e"
const (
	K0 Kind = iota + 1
	k1
	K2
)
var V, w = f(), 1
var N *T
func F[X any](a, b X, more ...func(int) string) <-chan X { return nil }
func (t *T) M() {}
func (s Set[K, V]) Len() int { return 0 }
func (lower) Hidden() {}
func hidden() {}
`
	syntax, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	a := api{pkg: "p"}
	for _, declaration := range syntax.Decls {
		a.declaration(declaration)
	}
	want := []string{
		"p: type Alias = http.Header",
		"p: type Set[K comparable, V any] map[K]V",
		"p: type T struct", "p: field T.A int", "p: field T.B int", "p: field T embeds io.Reader", "p: field T embeds *Set[string, int]", "p: field T embeds lower",
		"p: type I interface, with unexported methods", "p: field I.Do func(int, int) (int, error)", "p: field I embeds error",
		"p: const C = 1", `p: const E Kind = "e"`, "p: const K0 Kind = 0 + 1", "p: const K2 Kind = 2 + 1", "p: var V", "p: var N *T",
		"p: func F[X any](X, X, ...func(int) string) <-chan X",
		"p: method (*T) M()", "p: method (Set) Len() int",
	}
	if diff := cmp.Diff(want, a.lines); diff != "" {
		t.Error(diff)
	}
}
