package redislogins_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/redislogins"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// TestCheckFindsEviction asks an application that counts logins and requests in
// a server that drops keys.
func TestCheckFindsEviction(t *testing.T) {
	client := redistest.Start(t, "maxmemory 100mb", "maxmemory-policy allkeys-lru")
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db, logins.Limits{Store: redislogins.New(client)})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)),
		ginauth.ThrottleClasses(policies.AnonRate("60/min", policies.RateConfig{Store: redisrate.New(client)})))
	s.Engine.GET("/me", sitetest.Me)
	for _, class := range []string{"Basic", "AnonRate(60/min)"} {
		found := 0
		for _, f := range s.Auth.Check() {
			if strings.HasPrefix(f.Message, class+": the Redis server drops keys when its memory is full") {
				found++
			}
		}
		if found == 0 {
			t.Errorf("nothing found for %s: %v", class, s.Auth.Check())
		}
	}
}
