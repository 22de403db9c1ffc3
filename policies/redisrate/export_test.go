package redisrate

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/policies/rates"
)

// NewClocked is [New] with the test's clock in place of the server's.
func NewClocked(client redis.Scripter, now func() time.Time, config Config) rates.Store {
	s := New(client, config).(*store)
	s.scripts.Clock = now
	return s
}
