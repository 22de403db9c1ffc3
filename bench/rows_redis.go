package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"time"

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
	limiter, prefix := redis_rate.NewLimiter(client), fmt.Sprintf("ginauth-bench:%d", time.Now().UnixNano())
	var rows []row
	for _, limit := range []int{100, 1000} {
		throttle := policies.UserRate(fmt.Sprintf("%d/min", limit), policies.RateConfig{
			Store: redisrate.New(client, redisrate.Config{Prefix: prefix}),
		})
		ours, err := asked(func() (bool, error) { d, err := throttle.Allow(c, id); return d.Allowed, err })
		if err != nil {
			return nil, err
		}
		theirs, err := asked(func() (bool, error) {
			r, err := limiter.Allow(context.Background(), prefix+":user", redis_rate.PerMinute(limit))
			return err == nil && r.Allowed > 0, err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{fmt.Sprintf("throttle in Redis, %d a minute", limit), "redis_rate", ours, theirs})
	}
	return rows, nil
}
