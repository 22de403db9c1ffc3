package rates_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ginauth/ginauth/internal/testing/ratetest"
	"github.com/ginauth/ginauth/policies/rates"
)

func TestMemoryStore(t *testing.T) {
	ratetest.Run(t, func(t *testing.T, f func(t *testing.T, s ratetest.Subject)) {
		synctest.Test(t, func(t *testing.T) {
			f(t, ratetest.Subject{Store: rates.NewMemoryStore(), Advance: time.Sleep})
		})
	})
}

func TestMemoryStoreConcurrently(t *testing.T) {
	ratetest.Concurrent(t, rates.NewMemoryStore())
}

func TestWrongConfigsPanic(t *testing.T) {
	for mend, wire := range map[string]func(){
		"maxKeys must not be negative": func() { rates.NewMemoryStore(-1) },
		"takes one maxKeys":            func() { rates.NewMemoryStore(1, 2) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, mend) {
					t.Errorf("panicked with %q, want %q", message, mend)
				}
			}()
			wire()
		}()
	}
}
