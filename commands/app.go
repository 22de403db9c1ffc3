package commands

import (
	"cmp"
	"context"
	"io"
	"os"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// App is a program that has the commands. Exactly one of Database and DatabaseFromURL is required.
type App struct {
	// Name is the program as its operators type it. Usage and errors begin with it. Default: "ginauth".
	Name string

	// Database opens the application's own database. Only a command that needs it calls it, and nobody closes it.
	Database func() (*gorm.DB, error)

	// DatabaseFromURL is for a program without a database of its own: it opens the one that the flag --database names, or else
	// the environment variable DATABASE_URL. It is closed after the command. Errors are printed, so they must not tell the
	// password that the URL may hold. Every command but migrate looks first whether the SQLite file is there that the URL names, and
	// makes none.
	DatabaseFromURL func(url string) (*gorm.DB, error)

	// Routes registers the application's routes, without serving them, and returns the Auth that guards them. With it there are
	// the commands routes and check. Gin in debug mode prints what is registered to the standard output, where these commands
	// write too: call gin.SetMode(gin.ReleaseMode) first.
	Routes func() (*ginauth.Auth, error)

	// Serve is what the program does without a command. With it there is the command serve, which does the same.
	Serve func(ctx context.Context) error

	Stdin  io.Reader // default: os.Stdin
	Stdout io.Writer // default: os.Stdout
	Stderr io.Writer // default: os.Stderr
}

// Main runs the command that args name, e.g. "user", "list", and returns the exit code for [os.Exit]: 0, or 1 if the command
// failed, or 2 if there is no such command. A failure is one line on Stderr. When ctx is done the command fails.
//
// It panics if the App has no database, or two.
func Main(ctx context.Context, args []string, app App) (exitCode int) {
	if (app.Database == nil) == (app.DatabaseFromURL == nil) {
		panic("commands: Main needs an App with either Database or DatabaseFromURL")
	}
	app.Name = cmp.Or(app.Name, "ginauth")
	s := &streams{
		in:  cmp.Or[io.Reader](app.Stdin, os.Stdin),
		out: visible{cmp.Or[io.Writer](app.Stdout, os.Stdout)},
		err: visible{cmp.Or[io.Writer](app.Stderr, os.Stderr)},
	}
	return report(run(ctx, args, app, s), app.Name, s.err)
}
