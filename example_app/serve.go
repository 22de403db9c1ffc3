package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models/prune"
)

// shutdownTimeout bounds how long requests may continue after the application
// has been told to stop.
const shutdownTimeout = 10 * time.Second

// serve listens until ctx is done, and then lets running requests finish.
func serve(ctx context.Context, db *gorm.DB, config settings, stdout io.Writer) error {
	engineConfig := engineConfig{InsecureCookies: config.insecureCookies}
	client, err := redisClient(config.redisURL)
	if err != nil {
		return err
	}
	if client != nil {
		defer func() { _ = client.Close() }()
		engineConfig.countIn(client)
	}
	if err := firstUser(ctx, db, stdout); err != nil {
		return err
	}
	engine, auth, drain := newEngine(db, engineConfig, slog.Default())
	if findings := auth.Check(); len(findings) > 0 {
		return fmt.Errorf("the routes are not as they should be: %v", findings)
	}
	fmt.Fprintln(stdout, auth.Routes())
	for _, notice := range config.notices() {
		fmt.Fprintln(stdout, notice)
	}
	if !redisAnswers(ctx, engineConfig.PingRates) {
		fmt.Fprintln(stdout, "Redis does not answer: until it does, routes that are throttled answer 503.")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Listening on http://%s, stop with Ctrl-C.\n", listener.Addr())
	defer tidy(ctx, db)()
	if err := answer(ctx, listener, engine, func(ctx context.Context) { drain(ctx, config.drain) }); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Stopped.")
	return nil
}

// redisAnswers reports whether Redis answers within a second, or is not used.
func redisAnswers(ctx context.Context, ping func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return ping == nil || ping(ctx) == nil
}

// tidy deletes what has expired, once an hour, until the function that it
// returns is called.
func tidy(ctx context.Context, db *gorm.DB) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { prune.Every(ctx, db, time.Hour) })
	return func() {
		cancel()
		running.Wait()
	}
}

// newServer returns a server on which no client takes for ever.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// answer serves requests until ctx is done, drain has returned, and those still
// running have been answered.
func answer(ctx context.Context, listener net.Listener, handler http.Handler, drain func(context.Context)) error {
	server := newServer(handler)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain(context.WithoutCancel(ctx))
	graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(graceful); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
