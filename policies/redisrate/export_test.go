package redisrate

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// NewClocked is [New] with the test's clock in place of the server's.
func NewClocked(client redis.Scripter, now func() time.Time, config Config) *Store {
	s := New(client, config)
	s.scripts.Clock = now
	return s
}
