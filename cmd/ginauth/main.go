// Command ginauth manages the tables, users and tokens of a database:
//
//	export DATABASE_URL=postgres://app@db.internal/app
//	ginauth migrate
//	ginauth user create alice --staff
//	ginauth token create alice
//
// An application can build the same commands into its own program, see package
// commands.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/database"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)                   // a second signal ends the program at once
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the command prints each failure once
	os.Exit(commands.Main(ctx, os.Args[1:], commands.App{
		Name:            "ginauth",
		DatabaseFromURL: func(url string) (*gorm.DB, error) { return database.Open(url) },
	}))
}
