package commands

import (
	"cmp"
	"context"
	"io"
	"os"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// App is a program that offers the commands. Exactly one of Database and
// DatabaseFromURL is required.
type App struct {
	// Name is the program's name as its operators type it. Usage and errors
	// begin with it. Default: "ginauth".
	Name string

	// Database opens the application's own database. It is called only by
	// commands that need it, and the database is not closed afterwards.
	Database func() (*gorm.DB, error)

	// DatabaseFromURL is for a program without a database of its own. It opens
	// the database named by the flag --database or, without the flag, by the
	// environment variable DATABASE_URL. The database is closed after the
	// command. Errors are printed, so they must not reveal a password in the
	// URL. If the URL names a SQLite file, every command except migrate first
	// checks that the file exists, and does not create it; so does migrate
	// --sql.
	DatabaseFromURL func(url string) (*gorm.DB, error)

	// Routes registers the application's routes, without serving them, and
	// returns the Auth that guards them. Setting it adds the commands routes,
	// check and explain. In debug mode Gin prints the registered routes to standard
	// output, where these commands write too: call gin.SetMode(gin.ReleaseMode)
	// first.
	Routes func() (*ginauth.Auth, error)

	// DeployChecks are asked by check --deploy too, such as
	// [ginauth.ServerDeadlines] of the program's server. Default: none.
	DeployChecks []ginauth.DeployChecker

	// Serve is what the program does without a command. Setting it adds the
	// command serve, which does the same.
	Serve func(ctx context.Context) error

	Stdin  io.Reader // default: os.Stdin
	Stdout io.Writer // default: os.Stdout
	Stderr io.Writer // default: os.Stderr
}

// Main runs the command that args name, e.g. "user", "list", and returns the
// exit code for [os.Exit]: 0, or 1 if the command failed, or 2 if there is no
// such command. A failure is one line on Stderr, and so is a panic, such as one
// of a constructor in Routes or Serve. Where the environment variable
// GOTRACEBACK is set, and not to "none", a panic is not caught and shows its
// stack. The command fails when ctx is done.
//
// Main panics if the App has no database, or two.
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
