package commands

import (
	"context"

	"github.com/ginauth/ginauth/models/accesstoken"
)

type importTokens struct {
	From    string   `enum:"drf,knox" default:"drf" help:"Whose tokens: drf (authtoken_token) or knox (knox_authtoken). Default: ${default}."`
	Scope   []string `required:"" placeholder:"SCOPE" help:"What they may be used for; may be repeated. '*' is all that they could be used for before."`
	Expires expiry   `placeholder:"90d|DATE|never" help:"When they end: required for DRF's, which had no end. knox's keep theirs."`
	Keep    bool     `help:"Leave DRF's keys in their table too, in clear, so that Django continues to accept them."`
	confirmed
}

// Run creates access tokens from the tokens of other libraries, which keep
// working.
func (c importTokens) Run(ctx context.Context, tokens *accesstoken.Store, s *streams) error {
	run := tokens.ImportDRF
	if c.From == "knox" {
		run = tokens.ImportKnox
	}
	if !c.Keep && c.From == "drf" { // the keys are deleted from their table
		const question = "Import all of DRF's tokens, and delete them where Django reads them?"
		if err := c.confirm(ctx, s, question); err != nil {
			return err
		}
	}
	n, err := run(ctx, accesstoken.Import{Scopes: c.Scope, Expiry: c.Expires.Expiry, Keep: c.Keep})
	if err != nil {
		return explain(err)
	}
	return s.say("Imported %d tokens", n)
}
