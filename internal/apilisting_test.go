package internal_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// api collects the exported declarations of a package, one line each. It reads
// the syntax alone, and ignores the names of parameters and the bodies of
// functions.
type api struct {
	pkg   string
	lines []string
}

func (a *api) add(parts ...string) { a.lines = append(a.lines, a.pkg+": "+strings.Join(parts, "")) }

func (a *api) declaration(declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		a.function(d)
	case *ast.GenDecl:
		var repeated *ast.ValueSpec // the one that constants without a value repeat
		for i, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				a.typeOf(s)
			case *ast.ValueSpec:
				if len(s.Values) > 0 || d.Tok == token.VAR {
					repeated = s
				}
				a.values(d.Tok, s.Names, repeated, i)
			}
		}
	}
}

func (a *api) function(f *ast.FuncDecl) {
	switch {
	case !f.Name.IsExported():
	case f.Recv == nil:
		a.add("func ", f.Name.Name, parameters(f.Type.TypeParams), signature(f.Type))
	default:
		if receiver := receiverOf(f); ast.IsExported(strings.TrimPrefix(receiver, "*")) {
			a.add("method (", receiver, ") ", f.Name.Name, signature(f.Type))
		}
	}
}

// receiverOf returns the type of a method's receiver without its parameters.
func receiverOf(f *ast.FuncDecl) string {
	name, _, _ := strings.Cut(types.ExprString(f.Recv.List[0].Type), "[")
	return name
}

func (a *api) typeOf(s *ast.TypeSpec) {
	name := s.Name.Name
	if !s.Name.IsExported() {
		return
	}
	switch t := s.Type.(type) {
	case *ast.StructType:
		a.add("type ", name, parameters(s.TypeParams), " struct")
		a.members(name, t.Fields)
	case *ast.InterfaceType:
		a.add("type ", name, parameters(s.TypeParams), " interface", sealed(t))
		a.members(name, t.Methods)
	default:
		assign := " "
		if s.Assign.IsValid() {
			assign = " = "
		}
		a.add("type ", name, parameters(s.TypeParams), assign, expression(s.Type))
	}
}

// sealed marks an interface with unexported methods, which other packages
// cannot implement.
func sealed(t *ast.InterfaceType) string {
	for _, method := range t.Methods.List {
		for _, name := range method.Names {
			if !name.IsExported() {
				return ", with unexported methods"
			}
		}
	}
	return ""
}

// members adds the fields of a struct, or the methods of an interface.
func (a *api) members(of string, fields *ast.FieldList) {
	for _, field := range fields.List {
		if len(field.Names) == 0 {
			a.add("field ", of, " embeds ", expression(field.Type))
		}
		for _, name := range field.Names {
			if name.IsExported() {
				a.add("field ", of, ".", name.Name, " ", expression(field.Type))
			}
		}
	}
}

// values adds variables, or constants with their values. For a constant that
// uses iota it adds the value of iota.
func (a *api) values(kind token.Token, names []*ast.Ident, s *ast.ValueSpec, iota int) {
	for i, name := range names {
		if !name.IsExported() {
			continue
		}
		line := kind.String() + " " + name.Name
		if s.Type != nil {
			line += " " + expression(s.Type)
		}
		if kind == token.CONST {
			line += " = " + strings.ReplaceAll(expression(s.Values[i]), "iota", strconv.Itoa(iota))
		}
		a.add(line)
	}
}

// parameters writes type parameters, with their names, which the signature
// refers to.
func parameters(list *ast.FieldList) string {
	if list == nil {
		return ""
	}
	var all []string
	for _, field := range list.List {
		for _, name := range field.Names {
			all = append(all, name.Name+" "+expression(field.Type))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// signature writes parameters and results without their names.
func signature(f *ast.FuncType) string {
	in, out := unnamed(f.Params), unnamed(f.Results)
	switch len(out) {
	case 0:
		return "(" + strings.Join(in, ", ") + ")"
	case 1:
		return "(" + strings.Join(in, ", ") + ") " + out[0]
	}
	return "(" + strings.Join(in, ", ") + ") (" + strings.Join(out, ", ") + ")"
}

func unnamed(list *ast.FieldList) (all []string) {
	if list == nil {
		return nil
	}
	for _, field := range list.List {
		for range max(1, len(field.Names)) {
			all = append(all, expression(field.Type))
		}
	}
	return all
}

// expression writes a type or a constant. A function type loses the names of
// its parameters, except inside another type, such as a map of functions.
func expression(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.FuncType:
		return "func" + signature(e)
	case *ast.Ellipsis:
		return "..." + expression(e.Elt)
	}
	return types.ExprString(e)
}
