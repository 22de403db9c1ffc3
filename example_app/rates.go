package main

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/policies/redisrate"
)

// redisClient returns a client of the server at a URL, or nil without a URL. It
// does not connect: the application starts while Redis is down.
func redisClient(url string) (*redis.Client, error) {
	if url == "" {
		return nil, nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		// The parser's error would quote the password.
		return nil, errors.New("REDIS_URL is not like redis://user:password@host:6379/0")
	}
	options.ContextTimeoutEnabled = true // see the package documentation of redisrate
	return redis.NewClient(options), nil
}

// countIn counts requests in Redis, together with all other processes of the
// application.
func (c *engineConfig) countIn(client *redis.Client) {
	c.Rates = redisrate.New(client, redisrate.Config{Prefix: "example_app"})
	c.PingRates = func(ctx context.Context) error { return client.Ping(ctx).Err() }
}
