package commands

import (
	"fmt"

	"github.com/ginauth/ginauth/ginauth"
)

type printRoutes struct {
	JSON bool `help:"Print a JSON array, for machines."`
}

// Run prints the route table.
func (c printRoutes) Run(auth *ginauth.Auth, s *streams) error {
	table := auth.Routes()
	if !c.JSON {
		_, err := fmt.Fprint(s.out, table)
		return err
	}
	routes := make([]route, len(table)) // [] rather than null if there are none
	for i, info := range table {
		routes[i] = route(info)
	}
	return s.json(routes)
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
}

type checkRoutes struct{}

// Run prints the findings, one per line, and fails if there are any.
func (checkRoutes) Run(auth *ginauth.Auth, s *streams) error {
	findings := auth.Check()
	if len(findings) == 0 {
		return s.say("no findings")
	}
	for _, finding := range findings {
		fmt.Fprintln(s.out, finding)
	}
	return fmt.Errorf("findings: %d", len(findings))
}
