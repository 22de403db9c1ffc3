package redislogins_test

import (
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// prefixVariable makes the program one of the processes of
// TestProcessesCountTogether.
const prefixVariable = "REDISLOGINS_TEST_PREFIX"

func TestMain(m *testing.M) {
	prefix := os.Getenv(prefixVariable)
	if prefix == "" {
		os.Exit(m.Run())
	}
	options, err := redis.ParseURL(os.Getenv("GINAUTH_TEST_REDIS"))
	if err != nil {
		panic("no URL of Redis")
	}
	logintest.Process(redislogins.New(redis.NewClient(options), redislogins.Config{Prefix: prefix, Timeout: 10 * time.Second}))
}

func TestProcessesCountTogether(t *testing.T) {
	client, config := server(t)
	logintest.Processes(t, redislogins.New(client, config), prefixVariable, config.Prefix)
}
