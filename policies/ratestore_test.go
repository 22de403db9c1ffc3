package policies_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ginauth/ginauth/internal/testing/ratetest"
	"github.com/ginauth/ginauth/policies"
)

func TestMemoryStore(t *testing.T) {
	ratetest.Run(t, func(t *testing.T, f func(t *testing.T, s ratetest.Subject)) {
		synctest.Test(t, func(t *testing.T) {
			f(t, ratetest.Subject{Store: policies.NewMemoryStore(), Advance: time.Sleep})
		})
	})
}

func TestMemoryStoreConcurrently(t *testing.T) {
	ratetest.Concurrent(t, policies.NewMemoryStore())
}
