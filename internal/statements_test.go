package internal_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unbounded lists the functions, or whole packages, outside of package sqlkit,
// which bounds the wait for the database, that run a statement, with the bound
// in its place.
var unbounded = map[string]string{
	"database":              "it opens the database",
	"internal/djangoschema": "migrations",
	"handlers.MountProbes":  "its own Timeout",
	"internal/loginstore.(DatabaseStore).Prune": "a clean-up, five seconds",
	"internal/loginstore.(DatabaseStore).Reset": "a command",
	"internal/loginstore.(DatabaseStore).clock": "a command",
	"internal/loginstore.(DatabaseStore).flush": "statistics, five seconds",
	"internal/loginstore.(DatabaseStore).query": "that of package logins",
	"internal/loginstore.(DatabaseStore).write": "that of package logins",
	"models.(modelPermission).create":           "a migration",
	"models.lackingPermissions":                 "a migration",
	"policies.(disconnected).QueryRowContext":   "that of the application",
	"policies.(loader).read":                    "sqlkit.Read",
}

// runs names the methods of GORM and of database/sql that run a statement.
var runs = map[string]bool{
	"AutoMigrate": true, "Begin": true, "BeginTx": true, "Commit": true, "Conn": true, "Connection": true, "Count": true, "Create": true,
	"CreateInBatches": true, "Delete": true, "Exec": true, "ExecContext": true, "Find": true, "FindInBatches": true, "First": true,
	"FirstOrCreate": true, "FirstOrInit": true, "Last": true, "Ping": true, "PingContext": true, "Pluck": true, "Prepare": true,
	"PrepareContext": true, "Query": true, "QueryContext": true, "QueryRow": true, "QueryRowContext": true, "Rollback": true, "Row": true,
	"Rows": true, "Save": true, "SavePoint": true, "Scan": true, "Take": true, "Transaction": true, "Update": true, "UpdateColumn": true,
	"UpdateColumns": true, "Updates": true,
}

// databases are the types that have them.
var databases = []string{
	"gorm.io/gorm.DB", "gorm.io/gorm.ConnPool", "gorm.io/gorm.TxBeginner", "gorm.io/gorm.ConnPoolBeginner",
	"database/sql.DB", "database/sql.Conn", "database/sql.Tx", "database/sql.Stmt",
}

// TestEveryStatementIsBounded checks that a statement that a request waits for
// is run by package sqlkit, or has a bound of its own.
func TestEveryStatementIsBounded(t *testing.T) {
	found := map[string]bool{}
	for _, p := range compiledPackages(t) {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		first, _, _ := strings.Cut(name, "/")
		if !ours || name == "internal/sqlkit" || strings.HasPrefix(name, "internal/testing") ||
			!slices.Contains([]string{"audit", "models", "policies", "handlers", "ginauth", "commands", "database", "internal"}, first) {
			continue
		}
		for _, function := range p.callers(t) {
			if unbounded[name] == "" {
				function = name + "." + function
			} else {
				function = name
			}
			found[function] = true
		}
	}
	for function := range found {
		if unbounded[function] == "" {
			t.Errorf("%s runs a statement without a bound on the wait: use package sqlkit", function)
		}
	}
	for function := range unbounded {
		if !found[function] {
			t.Errorf("%s runs no statement: remove it from the list", function)
		}
	}
}

// compiledPackage is a package as the go command describes it.
type compiledPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string

	exports map[string]string // of all packages
}

// compiledPackages returns the packages of the module and what they import.
func compiledPackages(t *testing.T) (list []compiledPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		p := compiledPackage{exports: exports}
		if err := decoder.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		list = append(list, p)
	}
}

// callers returns the functions of a package that run a statement.
func (p compiledPackage) callers(t *testing.T) (functions []string) {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(p.exports[path]) })}
	info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
	if _, err := config.Check(p.ImportPath, set, files, info); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && runsStatement(info.Selections[s]) {
					functions = append(functions, qualified(f))
				}
				return true
			})
		}
	}
	return functions
}

// runsStatement reports whether a selection is a method that runs a statement.
func runsStatement(s *types.Selection) bool {
	if s == nil || !runs[s.Obj().Name()] {
		return false
	}
	method, ok := s.Obj().(*types.Func)
	if !ok {
		return false
	}
	receiver := method.Signature().Recv().Type()
	if pointer, ok := receiver.(*types.Pointer); ok {
		receiver = pointer.Elem()
	}
	return slices.Contains(databases, receiver.String())
}

// qualified returns the name of a function, with its receiver's type.
func qualified(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	return "(" + strings.TrimPrefix(receiverOf(f), "*") + ")." + f.Name.Name
}
