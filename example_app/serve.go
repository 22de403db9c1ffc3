package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"gorm.io/gorm"
)

// shutdownTimeout is how long requests may go on after the application has been told to stop.
const shutdownTimeout = 10 * time.Second

// serve listens until ctx is done, and then lets running requests finish.
func serve(ctx context.Context, db *gorm.DB, addr string, stdout io.Writer) error {
	if err := firstUser(ctx, db, stdout); err != nil {
		return err
	}
	engine, auth := newEngine(db, slog.Default())
	if findings := auth.Check(); len(findings) > 0 {
		return fmt.Errorf("the routes are not as they should be: %v", findings)
	}
	fmt.Fprintln(stdout, auth.Routes())

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Listening on http://%s, stop with Ctrl-C.\n", listener.Addr())
	server := &http.Server{
		Handler:           engine,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(graceful); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	fmt.Fprintln(stdout, "Stopped.")
	return nil
}
