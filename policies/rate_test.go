package policies_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestWrongRatesPanic(t *testing.T) {
	key := func(*gin.Context, *ginauth.Identity) (string, error) { return "", nil }
	address := policies.RateConfig{Address: drf.InsecureForwardedFor}
	for _, row := range []struct {
		wire func()
		mend string
	}{
		{func() { policies.AnonRate("5/month") }, `AnonRate: "5/month" is no rate such as "100/min"`},
		{func() { policies.UserRate("") }, "no slash"},
		{func() { policies.AddressRate("x/min") }, "whole number"},
		{func() { policies.ScopedRate(map[string]string{"a": "1/ms"}) }, "the period must be"},
		{func() { policies.ScopedRate(map[string]string{"": "1/s"}) }, "letters"},
		{func() { policies.ScopedRate(map[string]string{"a": "1/s"}, policies.RateConfig{Counter: "b"}) }, "leave Counter out"},
		{func() { policies.KeyRate("", "1/s", key) }, "letters"},
		{func() { policies.KeyRate("a:b", "1/s", key) }, "letters"},
		{func() { policies.KeyRate("a", "1/s", nil) }, "nil function"},
		{func() { policies.KeyRate("a", "1/s", key, address) }, "leave Address out"},
		{func() { policies.UserRate("1/s", policies.RateConfig{Counter: "a b"}) }, "letters"},
		{func() { policies.UserRate("1/s", policies.RateConfig{Counter: "é"}) }, "letters"},
		{func() { policies.UserRate("1/s", policies.RateConfig{IPv6Prefix: 129}) }, "1 to 128"},
		{func() { policies.UserRate("1/s", policies.RateConfig{IPv6Prefix: -1}) }, "1 to 128"},
		{func() {
			policies.UserRate("1/s", policies.RateConfig{IPv6Prefix: 56, Address: drf.InsecureForwardedFor})
		}, "leave one of them out"},
		{func() { policies.UserRate("1/s", policies.RateConfig{}, policies.RateConfig{}) }, "takes one config"},
		{func() { drf.NumProxies(-1) }, "-1"},
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, row.mend) {
					t.Errorf("panicked with %q, want %q", message, row.mend)
				}
			}()
			row.wire()
		}()
	}
}
