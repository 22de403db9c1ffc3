// Package commands provides the commands of the program ginauth, which manage
// tables, users, groups, tokens, services and API keys. Built into an application they
// work on its database and its user model, and can also print and check its
// routes:
//
//	package main
//
//	import (
//		"context"
//		"os"
//
//		"github.com/gin-gonic/gin"
//		"gorm.io/gorm"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/commands"
//		"github.com/ginauth/ginauth/policies"
//	)
//
//	func main() {
//		os.Exit(commands.Main(context.Background(), os.Args[1:], commands.App{
//			Name:     "notes",
//			Database: open,
//			Routes:   routes,
//			Serve:    serve,
//		}))
//	}
//
//	func open() (*gorm.DB, error) {
//		return database.Open("postgres://localhost/notes")
//	}
//
//	func newEngine() (*gin.Engine, *ginauth.Auth, error) {
//		db, err := open()
//		if err != nil {
//			return nil, nil, err
//		}
//		engine := gin.New()
//		auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db)))
//		engine.GET("/me", func(c *gin.Context) { c.String(200, ginauth.Current(c).Subject()) })
//		return engine, auth, nil
//	}
//
//	func routes() (*ginauth.Auth, error) {
//		_, auth, err := newEngine()
//		return auth, err
//	}
//
//	func serve(context.Context) error {
//		engine, _, err := newEngine()
//		if err != nil {
//			return err
//		}
//		return engine.Run("localhost:8080")
//	}
//
// In a shell that program is used as follows:
//
//	notes migrate                       # create the tables, or bring them up to date
//	notes migrate --sql                 # print the SQL that would do so
//	notes user create alice --staff     # asks for the password twice
//	notes user set-password bob < file  # takes it from a pipe or file: one line
//	notes user revoke-all alice         # log out everywhere
//	notes group add editors alice bob   # create, list, remove, grant, revoke, delete
//	notes perm list --json              # as every list
//	notes token create alice            # Django's manage.py drf_create_token
//	notes accesstoken create alice --name ci --scope notes:read --expires 90d
//	notes apikey create ci              # prints the key, once; list, revoke
//	notes prune                         # delete what has expired: for cron
//	notes audit list --subject 42       # logins, and what happened to credentials
//	notes check                         # 1 if a route's policy is wrong: for CI
//	notes check --deploy                # also if a setting is unfit for production
//	notes routes --lock policies.lock   # for review; check --lock compares
//	notes routes --json
//	notes                               # serve
//	notes completion bash               # a script for the shell; zsh, fish
//	notes --help
//
// Passwords are never arguments or environment variables, which other processes
// can read. A program that holds a context of [os/signal.NotifyContext] passes
// it to [Main]; a password prompt handles Ctrl-C itself, so that the terminal
// is left in order.
package commands
