package redisscript_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/testing/redistest"
)

func TestEviction(t *testing.T) {
	for _, row := range []struct {
		limit, policy string
		want          string
	}{
		{"0", "noeviction", ""},
		{"0", "allkeys-lru", ""}, // never full
		{"100mb", "noeviction", ""},
		{"100mb", "allkeys-lru", "not allkeys-lru"},
		{"100mb", "volatile-ttl", "not volatile-ttl"}, // every key of ours expires
	} {
		client := redistest.Start(t, "maxmemory "+row.limit, "maxmemory-policy "+row.policy)
		err := redisscript.New("test", client, 0).Preflight(t.Context())
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("maxmemory %s, %s: %v, want %q", row.limit, row.policy, err, row.want)
		}
	}
	for name, client := range redistest.Gone(t) {
		if err := redisscript.New("test", client, 0).Preflight(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
