package commands_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// An application passes on its whole command line, os.Args[1:].
func Example() {
	open := sync.OnceValues(func() (*gorm.DB, error) { return database.Open(":memory:") })
	app := commands.App{Name: "notes", Database: open, Stdout: io.Discard}
	ctx := context.Background()
	commands.Main(ctx, []string{"migrate"}, app) // prints the tables that it makes
	app.Stdout = os.Stdout
	commands.Main(ctx, []string{"migrate", "--check"}, app)
	commands.Main(ctx, []string{"group", "create", "editors"}, app)
	// Output:
	// The tables are up to date.
	// Created group editors
}

// With its routes and a function that serves them, the program also checks and
// serves.
func ExampleMain() {
	open := func() (*gorm.DB, error) {
		db, err := database.Open(":memory:")
		if err != nil {
			return nil, err
		}
		return db, models.Migrate(db)
	}
	engine := func() (*gin.Engine, *ginauth.Auth, error) {
		db, err := open()
		if err != nil {
			return nil, nil, err
		}
		r := gin.New()
		auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db)))
		r.GET("/me", func(*gin.Context) {})
		return r, auth, nil
	}
	app := commands.App{
		Name:     "notes",
		Database: open,
		Routes: func() (*ginauth.Auth, error) {
			_, auth, err := engine()
			return auth, err
		},
		Serve: func(context.Context) error {
			r, _, err := engine()
			if err != nil {
				return err
			}
			fmt.Println("serving", len(r.Routes()), "route") // r.Run(":8080")
			return nil
		},
	}
	commands.Main(context.Background(), []string{"check"}, app)
	commands.Main(context.Background(), nil, app)
	// Output:
	// no findings
	// serving 1 route
}
