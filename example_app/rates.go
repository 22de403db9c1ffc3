package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// rateStore counts requests in Redis, together with all other processes of the
// application. Without a URL it returns nil, and every process counts by
// itself. hangUp closes the connections.
func rateStore(ctx context.Context, url string) (store rates.Store, hangUp func(), err error) {
	if url == "" {
		return nil, func() {}, nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		// The parser's error would quote the password.
		return nil, nil, errors.New("REDIS_URL is not like redis://user:password@host:6379/0")
	}
	client := redis.NewClient(options)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, nil, fmt.Errorf("redis: %w", errors.Join(err, client.Close()))
	}
	return redisrate.New(client, redisrate.Config{Prefix: "example_app"}), func() { _ = client.Close() }, nil
}
