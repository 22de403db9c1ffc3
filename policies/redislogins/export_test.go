package redislogins

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// NewClocked is [New] with the test's clock in place of the server's.
func NewClocked(client redis.Scripter, now func() time.Time, config Config) loginstore.Store {
	s := New(client, config).(*store)
	s.scripts.Clock = now
	return s
}

// NewParted is [NewClocked] with the parts of a cluster, on any server.
func NewParted(client redis.Scripter, now func() time.Time, config Config) loginstore.Store {
	s := NewClocked(client, now, config).(*store)
	s.parts = clusterParts
	return s
}
