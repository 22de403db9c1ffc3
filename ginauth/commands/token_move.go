package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/models"
)

type pruneTokens struct {
	OlderThan age `default:"0d" placeholder:"30d" help:"Only those that ended longer ago than that. Default: all that have ended."`
}

// Run deletes access tokens that are good for nothing any more.
func (c pruneTokens) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	n, err := tokens.Prune(ctx, time.Duration(c.OlderThan))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Deleted %d access tokens\n", n)
	return err
}

type importTokens struct {
	From    string   `enum:"drf,knox" default:"drf" help:"Whose tokens: drf (authtoken_token) or knox (knox_authtoken). Default: ${default}."`
	Scope   []string `required:"" placeholder:"SCOPE" help:"What they are good for; may be repeated. '*' is what they have been good for."`
	Expires expiry   `placeholder:"90d|DATE|never" help:"When they end: required for DRF's, which had no end. knox's keep theirs."`
	Keep    bool     `help:"Leave DRF's keys in their table too, in clear, so that Django goes on accepting them."`
}

// Run makes access tokens of the tokens of others, which keep working.
func (c importTokens) Run(ctx context.Context, tokens *models.AccessTokens, s *streams) error {
	run := tokens.ImportDRF
	if c.From == "knox" {
		run = tokens.ImportKnox
	}
	n, err := run(ctx, models.Import{Scopes: c.Scope, Expiry: c.Expires.Expiry, Keep: c.Keep})
	if err != nil {
		return explain(err)
	}
	_, err = fmt.Fprintf(s.out, "Imported %d tokens\n", n)
	return err
}
