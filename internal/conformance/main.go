// Command conformance serves the reference application on ginauth. Real DRF's
// answers of that application are recorded in testdata/corpus:
//
//	go run ./internal/conformance --addr 127.0.0.1:8801 \
//		--database postgres://postgres@127.0.0.1/conformance
//
// It answers as the newest Django and DRF do, or as the releases that its flags
// name, e.g. --django 4.2 --drf 3.16 --simplejwt 5.5 --api-key 3.1.
//
// The database is a PostgreSQL URL or a SQLite path. An empty database is
// filled with the fixture. A request can reset it to the fixture, so never
// point the command at a database that matters.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/testing/fixture"
	"github.com/ginauth/ginauth/policies/drf"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8801", "the address to listen on")
	url := flags.String("database", "", "the database: a URL of PostgreSQL or a path of SQLite")
	var beside drf.Stack
	flags.StringVar(&beside.Django, "django", "", "the release of Django to answer as; default: the newest")
	flags.StringVar(&beside.DRF, "drf", "", "the release of DRF")
	flags.StringVar(&beside.SimpleJWT, "simplejwt", "", "the release of simplejwt")
	flags.StringVar(&beside.APIKey, "api-key", "", "the release of djangorestframework-api-key")
	iterations := flags.Int("iterations", recordedIterations, "the iterations of new hashes of PBKDF2")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *url == "" {
		return errors.New("--database is missing")
	}
	db, err := database.Open(*url)
	if err != nil {
		return err
	}
	if !db.Migrator().HasTable("auth_user") {
		if err := fixture.Load(ctx, db); err != nil {
			return err
		}
	}
	if err := db.Use(beside); err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	server := &http.Server{Handler: newApplication(db, *iterations).engine, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.WithoutCancel(ctx))
	}()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "listening on", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
