package redislogins_test

import (
	"os"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
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
	logintest.Process(redislogins.New(redistest.Connect(), redislogins.Config{Prefix: prefix, Timeout: 10 * time.Second}))
}

func TestProcessesCountTogether(t *testing.T) {
	client, config := server(t)
	logintest.Processes(t, redislogins.New(client, config), prefixVariable, config.Prefix)
}
