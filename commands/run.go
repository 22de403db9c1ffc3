package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// run parses the command line and runs the command.
func run(ctx context.Context, args []string, app App, s *streams) error {
	if start := app.Serve; start != nil {
		// Commands may take as long as they need, and requests may not: the
		// server gets the context without that liberty.
		app.Serve = func(context.Context) error { return start(ctx) }
	}
	db := &connection{app: app}
	helped := false
	parser := kong.Must(&grammar{Plugins: plugins(app, db)},
		kong.Name(app.Name),
		kong.Vars{"password": passwordHelp, "version": version(app.Name)},
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { helped = true }), // --help ends the program, whatever follows it
		kong.BindTo(sqlkit.Unbounded(ctx), (*context.Context)(nil)),
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
	return errors.Join(unmigrated(caught(func() error { return line.Run() }), app.Name), db.close())
}

// unmigrated turns the error about missing tables into one that names this
// program's own command, and leaves other errors unchanged.
func unmigrated(err error, program string) error {
	if missing, ok := errors.AsType[*djangoschema.MissingTables](err); ok {
		tables := strings.Join(missing.Names, ", ")
		return fmt.Errorf(`the database has no table %s: run "%s migrate" first`, tables, program)
	}
	return err
}
