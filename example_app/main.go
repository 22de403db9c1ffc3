// Command example_app is a small notes API that shows what ginauth does. Without arguments it serves; `example_app --help` lists
// the commands that it has besides.
//
//	go run ./example_app
//
// DATABASE_URL names the database, by default the SQLite file example_app.db; ADDR the address, by default 127.0.0.1:8080.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauth/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gin.SetMode(gin.ReleaseMode)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (exitCode int) {
	if len(args) == 1 && args[0] == "healthcheck" { // for the container, which has no other program in it
		return healthcheck(ctx, stderr)
	}
	database := sync.OnceValues(func() (*gorm.DB, error) { return openDatabase(databaseURL()) })
	return commands.Main(ctx, args, commands.App{
		Name:     "example_app",
		Database: database,
		Routes: func() (*ginauth.Auth, error) {
			db, err := database()
			if err != nil {
				return nil, err
			}
			_, auth := newEngine(db, slog.Default())
			return auth, nil
		},
		Serve: func(ctx context.Context) error {
			db, err := database()
			if err != nil {
				return err
			}
			return serve(ctx, db, address(), stdout)
		},
		Stdout: stdout,
		Stderr: stderr,
	})
}

func address() string {
	if addr := os.Getenv("ADDR"); addr != "" {
		return addr
	}
	return "127.0.0.1:8080"
}

func healthcheck(ctx context.Context, stderr io.Writer) (exitCode int) {
	_, port, err := net.SplitHostPort(address())
	if err != nil {
		fmt.Fprintln(stderr, "example_app: healthcheck:", err)
		return 1
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/healthz", nil)
	if err == nil {
		var response *http.Response
		if response, err = http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				err = errors.New(response.Status)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "example_app: healthcheck:", err)
		return 1
	}
	return 0
}
