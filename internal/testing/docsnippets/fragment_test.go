package docsnippets_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGoBlocksCompile type-checks every Go block of the documents as the
// compiler does. A block that begins with "package main" is a program and must
// stand alone. Any other is a fragment: its declarations are put into a file
// and its statements into a function, beside the variables of
// testdata/prelude.go and of the context that a comment before it names. A
// fragment need not use the variables that it declares.
func TestGoBlocksCompile(t *testing.T) {
	known := loadPackages(t)
	pages := documents(t)
	programs, fragments := 0, 0
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		var previous []block
		for _, b := range pages[page] {
			switch {
			case b.language != "go":
				continue
			case isProgram(b):
				programs++
				for _, err := range known.checkProgram(b) {
					t.Error(err)
				}
			default:
				fragments++
				if !b.continued {
					previous = nil
				}
				previous = append(previous, b)
				for _, err := range known.checkFragment(previous) {
					t.Error(err)
				}
			}
		}
	}
	if programs < 5 || fragments < 60 {
		t.Errorf("only %d programs and %d fragments were found", programs, fragments)
	}
}

// checkProgram returns what the compiler would say of a program.
func (p *packages) checkProgram(b block) (all []error) {
	source := fmt.Sprintf("//line %s:%d\n%s", b.page, b.line, b.text)
	file, err := parser.ParseFile(p.files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	return p.check([]*ast.File{file}, false)
}

// checkFragment returns what the compiler would say of the last of the blocks,
// each of which continues the one before it.
func (p *packages) checkFragment(all []block) []error {
	var declarations, statements strings.Builder
	for _, b := range all {
		d, s, err := split(b)
		if err != nil {
			return []error{err}
		}
		declarations.WriteString(d)
		statements.WriteString(s)
	}
	source := "package page\n" + declarations.String() + "func _() {\n" + statements.String() + "}\n"
	file, err := parser.ParseFile(p.files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	files := []*ast.File{file}
	declared := declaredIn(file)
	for _, context := range []string{all[len(all)-1].context, "prelude"} {
		if context == "" {
			continue
		}
		file, err := parser.ParseFile(p.files, filepath.Join("testdata", context+".go"), nil, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		remove(file, declared)
		maps.Copy(declared, declaredIn(file))
		file.Name.Name = "page"
		files = append(files, file)
	}
	p.addImports(file, declared)
	return p.check(files, true)
}

// check type-checks a package. An unused variable, for one, is a soft error.
func (p *packages) check(files []*ast.File, soft bool) (all []error) {
	config := types.Config{Importer: p.importer, Error: func(err error) {
		if typed, ok := errors.AsType[types.Error](err); !ok || !soft || !typed.Soft {
			all = append(all, err)
		}
	}}
	_, _ = config.Check("page", p.files, files, nil) // Error has them all
	return all
}

// split divides a fragment into its declarations and its statements, each of
// whose lines have the number that they have on the page. It takes paragraphs
// together until they are the one or the other.
func split(b block) (declarations, statements string, err error) {
	chunk, first, line := "", b.line, b.line
	for paragraph := range strings.SplitAfterSeq(b.text, "\n\n") {
		if chunk == "" {
			first = line
		}
		chunk += paragraph
		line += strings.Count(paragraph, "\n")
		numbered := fmt.Sprintf("//line %s:%d\n%s\n", b.page, first, chunk)
		if _, err = parser.ParseFile(token.NewFileSet(), "", "package p\n"+numbered, 0); err == nil {
			declarations += numbered
			chunk = ""
			continue
		}
		if _, err = parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+numbered+"}", 0); err == nil {
			statements += numbered
			chunk = ""
		}
	}
	return declarations, statements, err
}

// declaredIn returns the names that a file declares.
func declaredIn(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				for _, name := range namesOf(spec) {
					names[name.Name] = true
				}
			}
		}
	}
	return names
}

func namesOf(spec ast.Spec) []*ast.Ident {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{spec.Name}
	case *ast.ValueSpec:
		return spec.Names
	}
	return nil
}

// remove removes the declarations of names.
func remove(file *ast.File, names map[string]bool) {
	declares := func(name *ast.Ident) bool { return names[name.Name] }
	file.Decls = slices.DeleteFunc(file.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return d.Recv == nil && declares(d.Name) || d.Recv != nil && names[receiver(d)]
		case *ast.GenDecl:
			if d.Tok != token.IMPORT {
				d.Specs = slices.DeleteFunc(d.Specs, func(spec ast.Spec) bool {
					return slices.ContainsFunc(namesOf(spec), declares)
				})
			}
		}
		return false
	})
}

func receiver(d *ast.FuncDecl) string {
	expression := d.Recv.List[0].Type
	if star, ok := expression.(*ast.StarExpr); ok {
		expression = star.X
	}
	name, _ := expression.(*ast.Ident)
	return name.Name
}

// addImports imports the packages that a fragment names.
func (p *packages) addImports(file *ast.File, declared map[string]bool) {
	imports := &ast.GenDecl{Tok: token.IMPORT, TokPos: file.Pos()}
	imported := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, ok := selector.X.(*ast.Ident)
		if !ok || declared[name.Name] || imported[name.Name] || p.pathOf[name.Name] == "" {
			return true
		}
		imported[name.Name] = true
		imports.Specs = append(imports.Specs, &ast.ImportSpec{
			Path: &ast.BasicLit{Kind: token.STRING, Value: `"` + p.pathOf[name.Name] + `"`, ValuePos: file.Pos()},
		})
		return true
	})
	for _, spec := range imports.Specs {
		file.Imports = append(file.Imports, spec.(*ast.ImportSpec))
	}
	file.Decls = append([]ast.Decl{imports}, file.Decls...)
}

// TestFaultyGoBlocksAreFound checks that the test above fails for blocks that
// do not compile, and at which line of the page.
func TestFaultyGoBlocksAreFound(t *testing.T) {
	known := loadPackages(t)
	for _, row := range []struct{ text, want string }{
		{"auth.Group(r, \"/notes\")\n", ""},
		{"x := 1\n", ""}, // unused
		{"func (n *Note) Half() int { return 1 }\n\nerr = db.Save(&note).Error\n", ""},
		{"\nauth.Grupp(r, \"/notes\")\n", "p:8: auth.Grupp undefined (type *ginauth.Auth has no field or method Grupp)"},
		{"x := undeclared\n", "p:7: undefined: undeclared"},
		{"policies.IsAuthenticated\n", "p:7: policies.IsAuthenticated (variable of interface type ginauth.Permission) is not used"},
		{"err = models.CreateUser(ctx, db, user)\n", "p:7: not enough arguments in call to models.CreateUser\n\thave (context.Context, *gorm.DB, *models.User)\n\twant (context.Context, *gorm.DB, *models.User, string)"},
		{"for {\n\n...\n}\n", "p:9: expected statement, found '...' (and 1 more errors)"},
	} {
		b := block{page: "p", language: "go", text: row.text, line: 7}
		var got string
		if all := known.checkFragment([]block{b}); len(all) > 0 {
			got = all[0].Error()
		}
		if got != row.want {
			t.Errorf("%q\n got %q\nwant %q", row.text, got, row.want)
		}
	}
	program := block{page: "p", line: 7, text: "package main\n\nfunc main() { x := 1 }\n"}
	if all := known.checkProgram(program); len(all) != 1 || all[0].Error() != "p:9: declared and not used: x" {
		t.Errorf("a program with an unused variable: %v", all)
	}
}
