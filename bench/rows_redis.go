package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/go-redis/redis_rate/v10"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// redisRows compares a throttle in Redis with redis_rate, one key each. There
// are none without GINAUTH_TEST_REDIS.
func redisRows(s *store) ([]row, error) {
	address := os.Getenv("GINAUTH_TEST_REDIS")
	if address == "" {
		return nil, nil
	}
	client, err := redisClient(address)
	if err != nil {
		return nil, err
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	id := &ginauth.Identity{User: s.user}
	limiter, prefix := redis_rate.NewLimiter(client), keysOf("row")
	var rows []row
	for _, r := range []struct {
		name  string
		limit int
	}{{"throttle in Redis, admitted", perMinute}, {"throttle in Redis, refused", 1}} {
		throttle := policies.UserRate(fmt.Sprintf("%d/min", r.limit), policies.RateConfig{
			Store: redisrate.New(client, redisrate.Config{Prefix: prefix + r.name}),
		})
		ours, err := throttled(r.limit, func() (bool, error) { d, err := throttle.Allow(c, id); return d.Allowed, err })
		if err != nil {
			return nil, err
		}
		key := prefix + r.name + ":user"
		theirs, err := throttled(r.limit, func() (bool, error) {
			result, err := limiter.Allow(context.Background(), key, redis_rate.PerMinute(r.limit))
			return err == nil && result.Allowed > 0, err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{r.name, "redis_rate", ours, theirs})
	}
	return rows, nil
}

// throttled returns a function that asks a throttle to admit a request, once
// the throttle has decided on the first two as its limit says.
func throttled(limit int, admit func() (bool, error)) (func(), error) {
	for n := range 2 {
		if admitted, err := admit(); err != nil || admitted != (n < limit) {
			return nil, errors.Join(err, fmt.Errorf("at %d a minute, request %d is admitted: %t", limit, n+1, admitted))
		}
	}
	return func() { _, _ = admit() }, nil
}
