package commands

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ginauth/ginauth/models"
)

type createService struct {
	Name  string   `arg:"" help:"The service's name, which is unique."`
	Scope []string `required:"" placeholder:"SCOPE" help:"What its tokens can have at most; may be repeated."`
}

// Run stores a service, which has no token yet.
func (c createService) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	service, err := tokens.CreateService(ctx, c.Name, c.Scope)
	if err != nil {
		return explain(err)
	}
	_, err = fmt.Fprintf(s.out, "Created service %s\n", printable(service.Name))
	return err
}

type listServices struct{}

// Run prints a line for each service.
func (listServices) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	services, err := tokens.Services(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSCOPES\tCREATED\tACTIVE")
	for _, service := range services {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(service.Name), strings.Join(service.Scopes, " "), minute(service.Created), yes(service.IsActive))
	}
	return w.Flush()
}

type activateService struct {
	Name string `arg:"" help:"The service's name."`
}

// Run lets the service's tokens in.
func (c activateService) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	return setServiceActive(ctx, tokens, s, c.Name, true)
}

type deactivateService struct {
	Name string `arg:"" help:"The service's name."`
}

// Run shuts the service out.
func (c deactivateService) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	return setServiceActive(ctx, tokens, s, c.Name, false)
}

func setServiceActive(ctx context.Context, tokens *models.AccessTokens, s *streams, name string, active bool) error {
	service, err := findService(ctx, tokens, name)
	if err != nil {
		return err
	}
	if err := tokens.SetServiceActive(ctx, service, active); err != nil {
		return err
	}
	done := "Deactivated"
	if active {
		done = "Activated"
	}
	_, err = fmt.Fprintf(s.out, "%s service %s\n", done, printable(name))
	return err
}
