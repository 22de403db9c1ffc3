package commands

import (
	"context"
	"errors"

	"github.com/alecthomas/kong"
)

// run parses the command line and runs the command.
func run(ctx context.Context, args []string, app App, s *streams) error {
	db := &connection{app: app}
	helped := false
	parser := kong.Must(&grammar{Plugins: plugins(app, db)},
		kong.Name(app.Name),
		kong.Vars{"password": passwordHelp},
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { helped = true }), // after --help, when the rest may be anything
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(app, s, db),
		kong.BindSingletonProvider(db.database),
		kong.BindSingletonProvider(db.users),
		kong.BindSingletonProvider(db.apiKeys),
		kong.BindSingletonProvider(db.loginFailures),
		kong.BindSingletonProvider(db.accessTokens),
		kong.BindSingletonProvider(app.Routes),
	)
	line, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return misuse(err, app.Name)
	}
	return errors.Join(line.Run(), db.close())
}
