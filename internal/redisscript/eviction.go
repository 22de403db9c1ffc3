package redisscript

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Preflight returns an error if the server drops keys when its memory is full:
// a client that fills it could make the server forget what it has counted. A
// server that does not answer, or does not say, is no error.
func (r *Runner) Preflight(ctx context.Context) error {
	server, ok := r.client.(interface {
		Info(ctx context.Context, sections ...string) *redis.StringCmd
	})
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	answered := make(chan string, 1)
	go func() { answered <- server.Info(ctx, "memory").Val() }()
	select {
	case memory := <-answered:
		return checkEviction(memory)
	case <-ctx.Done():
		return nil
	}
}

func checkEviction(memory string) error {
	settings := map[string]string{}
	for line := range strings.Lines(memory) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		settings[name] = value
	}
	switch policy := settings["maxmemory_policy"]; {
	case settings["maxmemory"] == "0", policy == "", policy == "noeviction":
		return nil
	default:
		return fmt.Errorf("the Redis server drops keys when its memory is full, and forgets what has been counted: "+
			"set maxmemory-policy to noeviction, not %s, or count on a server of its own", policy)
	}
}
