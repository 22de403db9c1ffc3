package ratetest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Redis returns a client of the server that GINAUTH_TEST_REDIS names, and a
// prefix of the test's own, whose keys are deleted when the test ends. Without
// the variable the test is skipped.
func Redis(t testing.TB) (client *redis.Client, prefix string) {
	t.Helper()
	url := os.Getenv("GINAUTH_TEST_REDIS")
	if url == "" {
		t.Skip("SKIPPED: set GINAUTH_TEST_REDIS=redis://... to run this test on Redis")
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal("GINAUTH_TEST_REDIS is no URL of Redis") // the error quotes the password
	}
	client = redis.NewClient(options)
	prefix = "ratetest_" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		for _, key := range Keys(t, client, prefix) {
			client.Del(context.Background(), key)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client, prefix
}

// Keys returns the keys that begin with a prefix.
func Keys(t testing.TB, client *redis.Client, prefix string) (keys []string) {
	t.Helper()
	found := client.Scan(context.Background(), 0, prefix+"*", 1000).Iterator()
	for found.Next(context.Background()) {
		keys = append(keys, found.Val())
	}
	if err := found.Err(); err != nil {
		t.Error(err)
	}
	return keys
}
