package main

import (
	"crypto/rand"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// perMinute is a rate that no client reaches.
const perMinute = 1_000_000

// withoutRedis is the reason why what asks Redis is left out.
const withoutRedis = "Redis: set GINAUTH_TEST_REDIS"

// redisContenders throttle cached users in Redis.
func redisContenders(w *world) (all []contender, omitted []string) {
	if w.Redis == "" {
		return nil, []string{withoutRedis}
	}
	peer := "a cache by hand, redis_rate"
	return []contender{
		{name: peer, build: func(w *world) (*site, error) {
			client, err := redisClient(w.Redis)
			if err != nil {
				return nil, err
			}
			return byMiddleware(w.SQLite.credentials(tokenOf), handCache(w.SQLite), byRedisRate(client)), nil
		}},
		{
			name: "ginauth, token, cached, UserRate in Redis", beside: []string{peer},
			build: func(w *world) (*site, error) {
				client, err := redisClient(w.Redis)
				if err != nil {
					return nil, err
				}
				store := redisrate.New(client, redisrate.Config{Prefix: keysOf("ginauth")})
				throttle := policies.UserRate(fmt.Sprintf("%d/min", perMinute), policies.RateConfig{Store: store})
				return w.SQLite.guarded(tokenOf, func(db *gorm.DB) []ginauth.Rule {
					return []ginauth.Rule{ginauth.AuthenticationClasses(cached(db)), ginauth.ThrottleClasses(throttle)}
				})(w)
			},
		},
	}, nil
}

// keysOf returns a prefix of keys, another one in each call.
func keysOf(name string) string { return "ginauth-bench:" + rand.Text() + ":" + name }

// redisClient returns a client as package redisrate advises. Both sides ask it.
func redisClient(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

// byRedisRate returns a middleware around redis_rate.
func byRedisRate(client *redis.Client) gin.HandlerFunc {
	limiter, prefix := redis_rate.NewLimiter(client), keysOf("redis_rate")
	return func(c *gin.Context) {
		key := fmt.Sprintf("%s:%d", prefix, c.MustGet("user").(*models.User).ID)
		result, err := limiter.Allow(c.Request.Context(), key, redis_rate.PerMinute(perMinute))
		if err != nil || result.Allowed == 0 {
			c.AbortWithStatus(http.StatusTooManyRequests)
		}
	}
}
