package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

type checkRoutes struct {
	Lock    string   `placeholder:"FILE" help:"Also compare the policies with the file that routes --lock has written."`
	Reasons bool     `help:"Also demand a reason for every open route: ginauth.Public in place of AllowAny."`
	Deploy  bool     `help:"Also find settings that are unfit for production. Run it with the settings of production, on its database."`
	Accept  []string `placeholder:"WORD" help:"Leave out what --deploy finds under this word, such as memory-store; may be repeated."`
}

// Run prints the findings, one per line, and fails if there are any.
func (c checkRoutes) Run(ctx context.Context, app App, auth *ginauth.Auth, db *connection, s *streams) error {
	var findings []string
	for _, finding := range auth.Check() {
		findings = append(findings, finding.String())
	}
	table := auth.Routes()
	if c.Reasons {
		findings = append(findings, withoutReason(table)...)
	}
	if c.Deploy {
		unfit, err := c.unfit(ctx, auth, db, app.DeployChecks)
		if err != nil {
			return err
		}
		findings = append(findings, unfit...)
	}
	for _, finding := range findings {
		fmt.Fprintln(s.out, finding)
	}
	var drift error
	if c.Lock != "" {
		drift = compareLock(c.Lock, app.Name, table, s)
	}
	switch n := len(findings); {
	case n > 0 && drift != nil:
		return fmt.Errorf("findings: %d; %w", n, drift)
	case n > 0:
		return fmt.Errorf("findings: %d", n)
	case drift != nil:
		return drift
	}
	return s.say("no findings")
}

// withoutReason returns a finding for each path that a declaration opens
// without saying why, in the order of the table.
func withoutReason(table ginauth.RouteTable) (findings []string) {
	var order []string
	methods := map[string][]string{}
	for _, r := range table {
		if !r.Open || !r.Guarded || r.Reason != "" {
			continue
		}
		finding := fmt.Sprintf("%s: %s is open to everyone, and does not say why: "+
			"declare ginauth.Public(\"...\") (declared at %s)",
			r.Path, strings.Join(r.Permissions, ", "), r.Source)
		if methods[finding] == nil {
			order = append(order, finding)
		}
		methods[finding] = append(methods[finding], r.Method)
	}
	for _, finding := range order {
		findings = append(findings, strings.Join(methods[finding], ", ")+" "+finding)
	}
	return findings
}

// unfit returns what is unfit for production in the routes, the database and
// the limits of failed logins, and by the application's own checks, except for
// what was accepted.
func (c checkRoutes) unfit(
	ctx context.Context, auth *ginauth.Auth, db *connection, own []ginauth.DeployChecker,
) (findings []string, err error) {
	opened, err := db.database(ctx)
	if err != nil {
		return nil, err
	}
	users, err := models.UsersOf(opened)
	if err != nil {
		return nil, err
	}
	for _, finding := range auth.CheckDeploy(ctx, append([]ginauth.DeployChecker{users, logins.Of(users)}, own...)...) {
		if !c.accepts(finding.Message) {
			findings = append(findings, finding.String())
		}
	}
	return findings, nil
}

func (c checkRoutes) accepts(problem string) bool {
	word, _, _ := strings.Cut(problem, ":")
	return slices.Contains(c.Accept, word)
}
