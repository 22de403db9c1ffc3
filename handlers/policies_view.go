package handlers

import (
	"html/template"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// linesPerPage bounds the work for one page: the matrix asks about these routes
// only. maxFindings bounds the list of findings.
const (
	linesPerPage = 100
	maxFindings  = 100
)

// policyView is the data of the page. Its lines are for routes of one path with
// one policy.
type policyView struct {
	Style template.CSS

	Routes, Open, Unexplained, Unguarded int
	Findings                             []ginauth.Finding
	MoreFindings                         int

	Search   search
	Methods  []string
	Accesses []access

	Columns         []column
	Lines           []policyLine
	From, To, Found int // lines
	Previous, Next  string
}

// policyLine is a line of the table of routes.
type policyLine struct {
	listed
	Methods []string
	Matrix  []matrixLine
	routes  []listed
}

// matrixLine is a line of the matrix: methods with the same verdicts.
type matrixLine struct {
	Methods []string
	Path    string
	Cells   []cell
}

func (p policyPage) view(c *gin.Context) policyView {
	findings := p.auth.Check()
	routes := withFindings(p.auth.Routes(), findings)
	v := policyView{Style: template.CSS(policyStyle), Routes: len(routes), Accesses: accesses}
	for _, r := range routes {
		v.Open += count(r.Open)
		v.Unexplained += count(r.Open && r.Reason == "")
		v.Unguarded += count(!r.Guarded)
		v.Methods = append(v.Methods, r.Method)
	}
	slices.Sort(v.Methods)
	v.Methods = slices.Compact(v.Methods)
	v.Findings = findings[:min(len(findings), maxFindings)]
	v.MoreFindings = len(findings) - len(v.Findings)
	v.Search = searchOf(c.Request.URL.Query(), v.Methods)
	v.paginate(linesOf(v.Search.find(routes)))
	v.Columns = p.columns(c)
	for i := range v.Lines {
		v.Lines[i].Matrix = p.matrix(c, v.Columns, v.Lines[i])
	}
	return v
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func withFindings(table ginauth.RouteTable, findings []ginauth.Finding) []listed {
	type id struct{ method, path string }
	messages := map[id][]string{}
	for _, f := range findings {
		messages[id{f.Method, f.Path}] = append(messages[id{f.Method, f.Path}], f.Message)
	}
	routes := make([]listed, len(table))
	for i, r := range table {
		routes[i] = listed{r, messages[id{r.Method, r.Path}]}
	}
	return routes
}

// linesOf joins routes of one path that differ in nothing but the method and the
// handler. They are sorted by path.
func linesOf(routes []listed) (lines []policyLine) {
	for _, r := range routes {
		if n := len(lines); n > 0 && lines[n-1].samePolicy(r) {
			lines[n-1].Methods = append(lines[n-1].Methods, r.Method)
			lines[n-1].routes = append(lines[n-1].routes, r)
			continue
		}
		lines = append(lines, policyLine{listed: r, Methods: []string{r.Method}, routes: []listed{r}})
	}
	return lines
}

func (l policyLine) samePolicy(r listed) bool {
	if l.Path != r.Path {
		return false
	}
	r.Method, r.Handler = l.Method, l.Handler
	return reflect.DeepEqual(l.listed, r)
}

// paginate keeps the lines of the page that is asked for, or of the last one.
func (v *policyView) paginate(lines []policyLine) {
	v.Found = len(lines)
	pages := max(1, (v.Found+linesPerPage-1)/linesPerPage)
	page := min(v.Search.page, pages)
	from := (page - 1) * linesPerPage
	v.Lines = lines[from:min(from+linesPerPage, v.Found)]
	v.From, v.To = from+1, from+len(v.Lines)
	if page > 1 {
		v.Previous = v.Search.link(page - 1)
	}
	if page < pages {
		v.Next = v.Search.link(page + 1)
	}
}

// matrix returns the lines of the matrix for a line of the table: one, unless
// classes answer differently for the methods.
func (p policyPage) matrix(c *gin.Context, columns []column, line policyLine) (lines []matrixLine) {
	for _, r := range line.routes {
		cells := p.cells(c.Request.Context(), columns, r)
		if cells == nil {
			continue
		}
		same := slices.IndexFunc(lines, func(l matrixLine) bool { return slices.Equal(l.Cells, cells) })
		if same < 0 {
			lines = append(lines, matrixLine{Path: r.Path, Cells: cells})
			same = len(lines) - 1
		}
		lines[same].Methods = append(lines[same].Methods, r.Method)
	}
	return lines
}
