package loginstore_test

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
)

func TestTheDefaultCurve(t *testing.T) {
	curve := loginstore.Curve{}.WithDefaults()
	if curve != logintest.Curve() {
		t.Errorf("the defaults are %+v", curve)
	}
	for failures, want := range map[int64]time.Duration{
		0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute, 1 << 62: 15 * time.Minute,
	} {
		if got := curve.Wait(failures); got != want {
			t.Errorf("%d failures: %v, want %v", failures, got, want)
		}
	}
}
