package docsnippets_test

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// group is a type that holds settings, or the options of a constructor.
type group struct {
	title, about string
	settings     []setting
}

type setting struct{ name, kind, comment string }

// notPublic are the folders whose packages applications do not import.
var notPublic = []string{"internal", "bench", "cmd", "docs", "example_app", "openapiginauth", "otelginauth", "testdata", ".git", ".ci"}

// settingGroups returns the settings of every public package.
func settingGroups(t *testing.T) (all []group) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(folder string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || folder == "." {
			return err
		}
		if slices.Contains(notPublic, entry.Name()) {
			return fs.SkipDir
		}
		pkg, err := parsed(folder)
		if err == nil && pkg != nil {
			all = append(all, groupsOf(folder, pkg)...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(all, func(a, b group) int { return cmp.Compare(a.title, b.title) })
	return all
}

// parsed returns the documentation of the package in a folder.
func parsed(folder string) (*doc.Package, error) {
	names, err := fs.Glob(os.DirFS(root), folder+"/*.go")
	if err != nil {
		return nil, err
	}
	fileSet, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fileSet, path.Join(root, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, nil
	}
	return doc.NewFromFiles(fileSet, files, module+folder)
}

// groupsOf returns the settings of a package.
func groupsOf(folder string, pkg *doc.Package) (all []group) {
	for _, t := range pkg.Types {
		if t.Name == "Option" && folder == "ginauth" {
			all = append(all, options(t))
			continue
		}
		spec := t.Decl.Specs[0].(*ast.TypeSpec)
		if !holdsSettings(t, spec) {
			continue
		}
		g := group{title: folder + "." + t.Name, about: t.Doc}
		if definition, ok := spec.Type.(*ast.StructType); ok {
			g.settings = fields(definition)
		} else {
			g.about, g.settings = "", []setting{{t.Name, types.ExprString(spec.Type), t.Doc}}
		}
		if len(g.settings) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// holdsSettings reports whether the values of a type are settings: those of a
// constructor, of a database (a GORM plugin), of a hasher, of a validator of
// passwords, or of what a login asks.
func holdsSettings(t *doc.Type, spec *ast.TypeSpec) bool {
	if _, ok := spec.Type.(*ast.StructType); !ok {
		return hasMethod(t, "Initialize")
	}
	return strings.HasSuffix(t.Name, "Config") ||
		slices.Contains([]string{"App", "Cookies", "Curve", "Endpoints", "Limits"}, t.Name) ||
		slices.ContainsFunc([]string{"Initialize", "Encode", "Validate", "Require", "Admit"}, func(name string) bool {
			return hasMethod(t, name)
		})
}

func hasMethod(t *doc.Type, name string) bool {
	return slices.ContainsFunc(t.Methods, func(m *doc.Func) bool { return m.Name == name })
}

// options returns the functions that make an option of ginauth.New.
func options(t *doc.Type) group {
	g := group{title: "ginauth.New", about: "The options beside the rules that routes declare too."}
	for _, f := range t.Funcs {
		kinds := []string{}
		for _, p := range f.Decl.Type.Params.List {
			kinds = append(kinds, types.ExprString(p.Type))
		}
		g.settings = append(g.settings, setting{f.Name, cmp.Or(strings.Join(kinds, ", "), "-"), f.Doc})
	}
	return g
}

// fields returns the exported fields of a struct. Fields with one comment are
// one setting.
func fields(definition *ast.StructType) (all []setting) {
	for _, field := range definition.Fields.List {
		names := []string{}
		for _, name := range field.Names {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		comment := field.Doc.Text()
		if comment == "" {
			comment = field.Comment.Text()
		}
		all = append(all, setting{strings.Join(names, ", "), types.ExprString(field.Type), comment})
	}
	return all
}
