package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// tokenOwner is the owner whose access tokens a command manages: exactly one of
// its two fields is set.
type tokenOwner struct {
	Username string `arg:"" optional:"" help:"The user's name."`
	Service  string `placeholder:"NAME" help:"A service, in place of a user."`
}

func (o tokenOwner) find(
	ctx context.Context, tokens *accesstoken.Store, users *models.Users,
) (models.UserModel, error) {
	switch {
	case (o.Username == "") == (o.Service == ""):
		return nil, usageError{errors.New("name either a user or a --service")}
	case o.Service != "":
		return findService(ctx, tokens, o.Service)
	}
	return find(ctx, users, o.Username)
}

// name returns the owner's name for messages.
func (o tokenOwner) name() string {
	if o.Service != "" {
		return "service " + o.Service
	}
	return "user " + o.Username
}

func findService(ctx context.Context, tokens *accesstoken.Store, name string) (*accesstoken.Service, error) {
	s, err := tokens.Service(ctx, name)
	if errors.Is(err, models.ErrNotFound) {
		return nil, fmt.Errorf(`service %q does not exist; "service list" shows those that do, and case matters`, name)
	}
	return s, err
}

type createAccessToken struct {
	tokenOwner
	Name    string        `required:"" placeholder:"TEXT" help:"What the token is for. It need not be unique."`
	Scope   []string      `required:"" placeholder:"SCOPE" help:"What it may be used for; may be repeated. '*' is all that its owner may do."`
	Expires expiry        `required:"" placeholder:"90d|DATE|never" help:"When it ends: after so many days or hours, on a day in UTC, or never."`
	Idle    time.Duration `placeholder:"DURATION" help:"Maximum time between uses, e.g. 720h. Default: no limit."`
}

// Run creates a token and prints it, once.
func (c createAccessToken) Run(ctx context.Context, tokens *accesstoken.Store, users *models.Users, s *streams) error {
	owner, err := c.find(ctx, tokens, users)
	if err != nil {
		return err
	}
	draft := accesstoken.Draft{Name: c.Name, Scopes: c.Scope, Expiry: c.Expires.Expiry, IdleTimeout: c.Idle}
	token, secret, err := tokens.Create(ctx, owner, draft)
	if err != nil {
		return explain(err)
	}
	return s.say("Generated access token %s (id %s), which is not shown again", string(secret), token.ID)
}

// explain adds to an error what the operator can do about it.
func explain(err error) error {
	if refusal, ok := errors.AsType[accesstoken.Error](err); ok && refusal.Field == "scopes" {
		return fmt.Errorf("%w (there are * and those that the application gives its database by models.Scopes)", err)
	}
	return err
}

type listAccessTokens struct {
	tokenOwner
	listing
}

// Run prints one line per token.
func (c listAccessTokens) Run(ctx context.Context, tokens *accesstoken.Store, users *models.Users, s *streams) error {
	owner, err := c.find(ctx, tokens, users)
	if err != nil {
		return err
	}
	list, err := tokens.List(ctx, owner)
	if err != nil {
		return err
	}
	rows := c.table(s, "ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "STATUS")
	for _, t := range list {
		rows.row(t.ID, t.Name, t.Scopes, t.Created, t.Expires, t.LastUsed, t.Status)
	}
	return rows.print()
}

type rotateAccessToken struct {
	ID      string `arg:"" help:"The token's id, which accesstoken list shows."`
	Expires expiry `placeholder:"90d|DATE|never" help:"The new end. Default: the end stays as it is."`
}

// Run gives a token a new secret and prints it, once.
func (c rotateAccessToken) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	owner, err := findToken(ctx, tokens, c.ID)
	if err != nil {
		return err
	}
	_, secret, err := tokens.Rotate(ctx, owner, c.ID, accesstoken.Rotation{Expiry: c.Expires.Expiry})
	if err != nil {
		return err
	}
	return s.say("Generated access token %s (id %s), which is not shown again", string(secret), c.ID)
}

type revokeAccessToken struct {
	ID string `arg:"" help:"The token's id, which accesstoken list shows."`
}

// Run ends the validity of a token at once.
func (c revokeAccessToken) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	owner, err := findToken(ctx, tokens, c.ID)
	if err != nil {
		return err
	}
	if err := tokens.Revoke(ctx, owner, c.ID); err != nil {
		return err
	}
	return s.say("Revoked access token %s", c.ID)
}

// findToken returns the owner of a token.
func findToken(ctx context.Context, tokens *accesstoken.Store, id string) (models.UserModel, error) {
	owner, _, err := tokens.ByID(ctx, id)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, errors.New(`no access token has that id; "accesstoken list" shows a user's`)
	case err != nil:
		return nil, err
	case owner == nil:
		return nil, errors.New("the owner of that access token no longer exists, so the token is invalid; " +
			`"prune" deletes it`)
	}
	return owner, nil
}

type revokeAllAccessTokens struct {
	tokenOwner
	confirmed
}

// Run ends the validity of all access tokens of an owner at once.
func (c revokeAllAccessTokens) Run(
	ctx context.Context, tokens *accesstoken.Store, users *models.Users, s *streams,
) error {
	owner, err := c.find(ctx, tokens, users)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, s, "Revoke all access tokens of %s?", c.name()); err != nil {
		return err
	}
	n, err := tokens.RevokeAll(ctx, owner)
	if err != nil {
		return err
	}
	return s.say("Revoked %d access tokens", n)
}
