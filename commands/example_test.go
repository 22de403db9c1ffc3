package commands_test

import (
	"context"
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// An application passes on its whole command line, os.Args[1:].
func Example() {
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
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db)))
		engine.GET("/me", func(*gin.Context) {})
		return engine, auth, nil
	}
	app := commands.App{
		Name:     "notes",
		Database: open,
		Routes: func() (*ginauth.Auth, error) {
			_, auth, err := engine()
			return auth, err
		},
		Serve: func(context.Context) error {
			engine, _, err := engine()
			if err != nil {
				return err
			}
			fmt.Println("serving", len(engine.Routes()), "route")
			return nil
		},
	}
	ctx := context.Background()
	commands.Main(ctx, []string{"check"}, app)
	commands.Main(ctx, nil, app)
	// Output:
	// no findings
	// serving 1 route
}
