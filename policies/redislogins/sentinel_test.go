package redislogins_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

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

// counting serves /me to users with a password, and /rated to any client, three
// times an hour. Both count in Redis.
func counting(t *testing.T, client redis.UniversalClient) *sitetest.Site {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db, logins.Limits{
		Store: redislogins.New(client),
		Curve: logins.Curve{Free: 3, FirstWait: time.Hour, LongestWait: time.Hour},
	})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
	s.Engine.GET("/me", sitetest.Me)
	s.Auth.With(s.Engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.AnonRate("3/hour", policies.RateConfig{Store: redisrate.New(client)}))).
		GET("/rated", sitetest.Me)
	return s
}

// status returns the status of an answer. Wrong is a wrong password of bob.
func status(s *sitetest.Site, path string, as sitetest.As) string {
	return strings.Fields(s.Get(path, as))[0]
}

var wrong = sitetest.As{"Authorization: Basic Ym9iOndyb25n"}

// until repeats a request as long as the answer is 503, and returns the answer
// after that.
func until(t *testing.T, s *sitetest.Site, path string, as sitetest.As) string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		got := status(s, path, as)
		if got != "503" {
			return got
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal(path, " is still 503 after 30 s")
		}
	}
}

// TestSentinel kills the master. Logins and requests are refused with 503 until
// its replica has taken its place, and what was counted before still counts.
func TestSentinel(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: redistest.MasterName, SentinelAddrs: sentinel.Addresses,
	})
	t.Cleanup(func() { client.Close() })
	s := counting(t, client)
	for range 3 {
		if got := status(s, "/rated", nil); got != "200" {
			t.Fatal("a request of three:", got)
		}
		if got := status(s, "/me", wrong); got != "401" {
			t.Fatal("a wrong password:", got)
		}
	}
	if n, err := client.Wait(t.Context(), 1, 10*time.Second).Result(); n != 1 || err != nil {
		t.Fatal("the replica lags: ", err)
	}
	sentinel.Signal(t, sentinel.Master(t), os.Kill)
	lost := time.Now()
	if got := status(s, "/me", sitetest.Basic("alice")); got != "503" {
		t.Error("a login while the master is lost:", got)
	}
	if got := until(t, s, "/me", sitetest.Basic("alice")); got != "200" {
		t.Error("a right password after the failover:", got)
	}
	t.Logf("answers %v after the loss", time.Since(lost).Round(10*time.Millisecond))
	if got := until(t, s, "/rated", nil); got != "429" {
		t.Error("a fourth request after the failover:", got)
	}
	if got := until(t, s, "/me", wrong); got != "429" {
		t.Error("a fourth wrong password after the failover:", got)
	}
	if took := time.Since(lost); took > 20*time.Second {
		t.Error("it took", took)
	}
}

// TestAReplica asks a server that has become a replica, as a master does that
// comes back after a failover.
func TestAReplica(t *testing.T) {
	client, master := redistest.Start(t), redistest.Start(t)
	s := counting(t, client)
	if got := status(s, "/me", sitetest.Basic("alice")); got != "200" {
		t.Fatal(got)
	}
	host, port, _ := strings.Cut(master.Options().Addr, ":")
	if err := client.ReplicaOf(t.Context(), host, port).Err(); err != nil {
		t.Fatal(err)
	}
	for path, as := range map[string]sitetest.As{"/me": sitetest.Basic("bob"), "/rated": nil} {
		if got := status(s, path, as); got != "503" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if err := client.ReplicaOf(t.Context(), "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	for path, as := range map[string]sitetest.As{"/me": sitetest.Basic("bob"), "/rated": nil} {
		if got := until(t, s, path, as); got != "200" {
			t.Errorf("%s afterwards: %s", path, got)
		}
	}
}
