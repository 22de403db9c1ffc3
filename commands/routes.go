package commands

import (
	"fmt"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
)

type printRoutes struct {
	JSON     bool   `xor:"form" help:"Print a JSON array, for machines."`
	Markdown bool   `xor:"form" help:"Print a table in Markdown."`
	Lock     string `xor:"form" placeholder:"FILE" help:"Write the policies to a file for review, one route a line; check --lock compares."`
}

// Run prints the route table, or writes it to a file.
func (c printRoutes) Run(app App, auth *ginauth.Auth, s *streams) error {
	table := auth.Routes()
	switch {
	case c.Lock != "":
		return writeLock(c.Lock, app.Name, table, s)
	case c.JSON:
		routes := make([]route, len(table)) // [] rather than null if there are none
		for i, info := range table {
			routes[i] = route(info)
		}
		return s.json(routes)
	case c.Markdown:
		return printMarkdown(table, s)
	}
	_, err := fmt.Fprint(s.out, table)
	return err
}

// route is a [ginauth.RouteInfo] in JSON. The three lists are null if the route
// is unguarded, and empty if it declares nothing.
type route struct {
	Method         string   `json:"method"`
	Path           string   `json:"path"`
	Handler        string   `json:"handler"`
	Guarded        bool     `json:"guarded"`
	Authentication []string `json:"authentication"`
	Permissions    []string `json:"permissions"`
	Throttles      []string `json:"throttles"`
	ThrottleScope  string   `json:"throttle_scope,omitempty"`
	Object         string   `json:"object,omitempty"`
	Source         string   `json:"source"`
	Open           bool     `json:"open"`
	Reason         string   `json:"reason,omitempty"`
}

// printMarkdown prints a row per route.
func printMarkdown(table ginauth.RouteTable, s *streams) error {
	var b strings.Builder
	row := func(cells ...string) {
		for _, cell := range cells {
			b.WriteString("| " + markdownCell.Replace(printable(cell)) + " ")
		}
		b.WriteString("|\n")
	}
	row("Method", "Path", "Authentication", "Permissions", "Object", "Throttles", "Declared")
	b.WriteString(strings.Repeat("|---", 7) + "|\n")
	for _, r := range table {
		permissions := strings.Join(r.Permissions, ", ")
		if !r.Guarded {
			permissions = "UNGUARDED"
		}
		throttles := strings.Join(r.Throttles, ", ")
		if r.ThrottleScope != "" {
			throttles += " (scope " + r.ThrottleScope + ")"
		}
		row(r.Method, r.Path, strings.Join(r.Authentication, ", "), permissions, r.Object, throttles, r.Source)
	}
	_, err := fmt.Fprint(s.out, b.String())
	return err
}

// markdownCell escapes what would end a cell, or be read as markup.
var markdownCell = strings.NewReplacer("|", `\|`, `\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "`", "\\`", "[", `\[`)
