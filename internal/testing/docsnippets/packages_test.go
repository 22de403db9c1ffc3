package docsnippets_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// module is the import path that this repository's packages begin with.
const module = "github.com/ginauth/ginauth/"

// packages knows the packages that a block may use.
type packages struct {
	files    *token.FileSet
	importer types.Importer
	pathOf   map[string]string // by the package's name
	exported map[string]string // by its path: the file of export data
}

// loadPackages compiles the module and everything that it imports, by one go
// command and once.
func loadPackages(t *testing.T) *packages {
	t.Helper()
	known, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return known
}

var compiled = sync.OnceValues(func() (*packages, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Name}} {{.Export}}", "./...")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	p := &packages{files: token.NewFileSet(), pathOf: map[string]string{}, exported: map[string]string{}}
	for line := range strings.Lines(string(out)) {
		if field := strings.Fields(line); len(field) == 3 {
			p.exported[field[0]] = field[2]
			if rank(field[0]) > rank(p.pathOf[field[1]]) {
				p.pathOf[field[1]] = field[0]
			}
		}
	}
	p.importer = importer.ForCompiler(p.files, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(p.exported[path])
	})
	return p, nil
})

// rank decides which package a name means, where several have the same. Those
// of rank 0 cannot be meant.
func rank(path string) int {
	switch {
	case path == "" || strings.Contains("/"+path+"/", "/internal/") || strings.Contains(path, "vendor/"):
		return 0
	case strings.HasPrefix(path, module):
		return 5
	case path == "crypto/rand" || path == "gorm.io/gorm" || path == "github.com/gin-gonic/gin" ||
		path == "github.com/redis/go-redis/v9" || path == "github.com/google/uuid":
		return 4
	case !strings.Contains(path, "."):
		return 3 - min(strings.Count(path, "/"), 2)
	}
	return 0
}
