package commands

import (
	"context"

	"github.com/ginauth/ginauth/models/accesstoken"
)

type createService struct {
	Name  string   `arg:"" help:"The service's name, which is unique."`
	Scope []string `required:"" placeholder:"SCOPE" help:"What its tokens can have at most; may be repeated."`
}

// Run stores a service, which does not have a token yet.
func (c createService) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	service, err := tokens.CreateService(ctx, c.Name, c.Scope)
	if err != nil {
		return explain(err)
	}
	return s.say("Created service %s", service.Name)
}

type listServices struct{ listing }

// Run prints one line per service.
func (c listServices) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	services, err := tokens.Services(ctx)
	if err != nil {
		return err
	}
	rows := c.table(s, "NAME", "SCOPES", "CREATED", "ACTIVE")
	for _, service := range services {
		rows.row(service.Name, service.Scopes, service.Created, service.IsActive)
	}
	return rows.print()
}

type activateService struct {
	Name string `arg:"" help:"The service's name."`
}

// Run makes the service's tokens valid again.
func (c activateService) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	return setServiceActive(ctx, tokens, s, c.Name, true)
}

type deactivateService struct {
	Name string `arg:"" help:"The service's name."`
}

// Run makes the service's tokens invalid.
func (c deactivateService) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	return setServiceActive(ctx, tokens, s, c.Name, false)
}

func setServiceActive(ctx context.Context, tokens *accesstoken.Store, s *streams, name string, active bool) error {
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
	return s.say("%s service %s", done, name)
}
