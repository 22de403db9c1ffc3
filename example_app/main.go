// Command example_app keeps notes, behind an API and behind pages, to show what
// ginauth does. Without arguments it serves; `example_app --help` lists its
// other commands.
//
//	go run ./example_app
//
// It is configured by the environment:
//
//	DATABASE_URL      the database; by default the SQLite file example_app.db
//	ADDR              the address to listen on; by default 127.0.0.1:8080
//	SECRET_KEY        signs the sessions, 16 bytes at least; by default a random
//	                  one, so that sessions end with the process
//	INSECURE_COOKIES  true lets browsers send the cookies over plain HTTP, false
//	                  does not; by default true where ADDR is a loopback address,
//	                  on which no other machine can listen in, and false
//	                  everywhere else. Set it to false behind a proxy that speaks
//	                  HTTPS, even on the same machine
//	REDIS_URL         counts requests in Redis, for several processes together;
//	                  by default each process counts its own
//	DRAIN             how long /readyz answers 503 before the server stops
//	                  listening, for load balancers to notice; by default 0
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

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/ginauth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gin.SetMode(gin.ReleaseMode)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (exitCode int) {
	config, err := readSettings(os.Getenv)
	if err != nil {
		fmt.Fprintln(stderr, "example_app:", err)
		return 1
	}
	// The container, which has no other program in it, checks its health.
	if len(args) == 1 && args[0] == "healthcheck" {
		return healthcheck(ctx, config.addr, stderr)
	}
	database := sync.OnceValues(func() (*gorm.DB, error) { return openDatabase(config) })
	return commands.Main(ctx, args, commands.App{
		Name:     "example_app",
		Database: database,
		Routes: func() (*ginauth.Auth, error) {
			db, err := database()
			if err != nil {
				return nil, err
			}
			_, auth, _ := newEngine(db, engineConfig{InsecureCookies: config.insecureCookies}, slog.Default())
			return auth, nil
		},
		DeployChecks: []ginauth.DeployChecker{ginauth.ServerDeadlines(newServer(nil))},
		Serve: func(ctx context.Context) error {
			db, err := database()
			if err != nil {
				return err
			}
			return serve(ctx, db, config, stdout)
		},
		Stdout: stdout,
		Stderr: stderr,
	})
}

// healthcheck asks whether the application at an address is alive.
func healthcheck(ctx context.Context, addr string, stderr io.Writer) (exitCode int) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		fmt.Fprintln(stderr, "example_app: healthcheck:", err)
		return 1
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/livez", nil)
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
