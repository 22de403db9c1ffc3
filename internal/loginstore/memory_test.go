package loginstore_test

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
)

func TestMemoryStore(t *testing.T) {
	logintest.Run(t, func(t *testing.T, f func(t *testing.T, s logintest.Subject)) {
		now := time.Now()
		store := loginstore.NewMemoryStore(0, 0, func() time.Time { return now })
		f(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
	})
}

func TestMemoryStoreConcurrently(t *testing.T) {
	logintest.Concurrent(t, loginstore.NewMemoryStore(0, 0, nil))
}
