package policies_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/rates"
)

// recorder is a store that answers with one tally and records how it was
// called.
type recorder struct {
	tally rates.Tally
	err   error
	asked []string // key, rate
}

func (r *recorder) Take(_ context.Context, key rates.Key, rate rates.Rate) (rates.Tally, error) {
	r.asked = append(r.asked, key.String()+" "+rate.String())
	return r.tally, r.err
}

func (r *recorder) Peek(context.Context, rates.Key, rates.Rate) (rates.Tally, bool, error) {
	return rates.Tally{}, false, nil
}

// Users of all kinds.
type (
	byUUID struct {
		human
		ID uuid.UUID `gorm:"type:uuid;primaryKey"`
	}
	bySerial struct {
		human
		Serial string `gorm:"primaryKey"`
	}
	bySmall struct {
		human
		ID uint16
	}
	byPointer struct {
		human
		ID *int32
	}
	byHuge struct {
		human
		ID uint64
	}
	byTwo struct {
		human
		A, B int64 `gorm:"primaryKey"`
	}
	embedding struct{ models.User }
	claims    struct {
		human
		Sub string
	}
	bySubject string
)

type human struct{}

func (human) Authenticated() bool     { return true }
func (bySubject) Authenticated() bool { return true }
func (s bySubject) Subject() string   { return string(s) }
func (c claims) Subject() string      { return c.Sub }

// TestWhoIsCounted checks which requests are counted under which key. "" means
// that the request is not counted.
func TestWhoIsCounted(t *testing.T) {
	seven := int32(7)
	id := uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7")
	alice := &models.User{ID: 42}
	const peer = "192.0.2.1:1234" // httptest's
	xff := func(c *gin.Context) string { return c.GetHeader("X-Forwarded-For") }
	tenant := func(c *gin.Context, _ *ginauth.Identity) (string, error) { return c.GetHeader("X-Tenant"), nil }
	for _, row := range []struct {
		throttle func(config policies.RateConfig) ginauth.Throttle
		user     ginauth.User
		peer     string
		header   string // X-Forwarded-For and X-Tenant
		want     string
	}{
		{anonRate, ginauth.AnonymousUser{}, peer, "", "anon:3/min:addr:192.0.2.1 3/min"},
		// any client can send the header
		{anonRate, nil, peer, "203.0.113.7", "anon:3/min:addr:192.0.2.1 3/min"},
		{anonRate, alice, peer, "", ""},
		{userRate, ginauth.AnonymousUser{}, peer, "", "user:3/min:addr:192.0.2.1 3/min"},
		{userRate, alice, peer, "", "user:3/min:user:42 3/min"},
		{userRate, &models.User{ID: -1}, peer, "", "user:3/min:user:-1 3/min"},
		{userRate, &embedding{models.User{ID: 43}}, peer, "", "user:3/min:user:43 3/min"},
		{userRate, &byUUID{ID: id}, peer, "", "user:3/min:user:=7c9e6679-7425-40de-944b-e07fc1f90ae7 3/min"},
		{userRate, &bySerial{Serial: "42"}, peer, "", "user:3/min:user:=42 3/min"},
		{userRate, &bySerial{Serial: "a b"}, peer, "", "user:3/min:user:#yGh6CKpdbtIEQyj6aml6uOltw0KR6MIDSujDjm_MbWU 3/min"},
		{userRate, &bySmall{ID: 65535}, peer, "", "user:3/min:user:65535 3/min"},
		{userRate, &byPointer{ID: &seven}, peer, "", "user:3/min:user:7 3/min"},
		{userRate, &byHuge{ID: 1 << 63}, peer, "", "user:3/min:user:=9223372036854775808 3/min"},
		{userRate, &claims{Sub: "alice@example.com"}, peer, "", "user:3/min:user:=alice@example.com 3/min"},
		{userRate, bySubject("alice"), peer, "", "user:3/min:user:=alice 3/min"},
		{addressRate, alice, peer, "", "address:3/min:addr:192.0.2.1 3/min"},
		{addressRate, nil, "[2001:db8:1:2:3:4:5:6]:1", "", "address:3/min:addr:2001:db8:1:2:: 3/min"},
		{addressRate, nil, "[::ffff:192.0.2.9]:1", "", "address:3/min:addr:192.0.2.9 3/min"},
		{addressRate, nil, "[64:ff9b::192.0.2.9]:1", "", "address:3/min:addr:192.0.2.9 3/min"},
		{addressRate, nil, "[2002:c000:209:1::1]:1", "", "address:3/min:addr:192.0.2.9 3/min"},
		{prefixed(128), nil, "[64:ff9b::192.0.2.9]:1", "", "address:3/min:addr:192.0.2.9 3/min"},
		{addressRate, nil, "[fe80::1%eth0]:1", "", "address:3/min:addr:fe80:: 3/min"},
		{addressRate, nil, "@", "", "address:3/min:addr:unknown 3/min"},
		{prefixed(48), nil, "[2001:db8:1:2:3:4:5:6]:1", "", "address:3/min:addr:2001:db8:1:: 3/min"},
		{prefixed(128), nil, "[2001:db8:1:2:3:4:5:6]:1", "", "address:3/min:addr:2001:db8:1:2:3:4:5:6 3/min"},
		{addressed(xff), nil, peer, "9.9.9.9,203.0.113.7", "address:3/min:addr:=9.9.9.9,203.0.113.7 3/min"},
		{addressed(xff), nil, peer, "2001:db8:1:2:3:4:5:6", "address:3/min:addr:=2001:db8:1:2:3:4:5:6 3/min"},
		{addressed(xff), nil, peer, "", "address:3/min:addr:unknown 3/min"},
		{addressed(xff), nil, peer, "unknown", "address:3/min:addr:=unknown 3/min"},
		{scoped("login"), alice, peer, "", "login/min:user:42 3/min"},
		{keyed(tenant), alice, peer, "acme", "tenant:5/10m:key:=acme 5/10m"},
		{keyed(tenant), alice, peer, "", ""},
		{keyed(tenant), alice, peer, "#acme", "tenant:5/10m:key:#hcejqo1w7iyu_4KblaeHAOAl31dg1xR_GNpbkST397A 5/10m"},
	} {
		store := &recorder{tally: rates.Tally{Admitted: true}}
		throttle := row.throttle(policies.RateConfig{Store: store})
		d, err := throttle.Allow(requestFrom(row.peer, row.header), &ginauth.Identity{User: row.user})
		if got := strings.Join(store.asked, "|"); got != row.want || err != nil || !d.Allowed {
			t.Errorf("%s, %T from %s, %q:\n got %q %v %v\nwant %q", throttle, row.user, row.peer, row.header, got, d.Allowed, err, row.want)
		}
	}
}

func anonRate(c policies.RateConfig) ginauth.Throttle { return policies.AnonRate("3/min", c) }
func userRate(c policies.RateConfig) ginauth.Throttle { return policies.UserRate("3/min", c) }
func addressRate(c policies.RateConfig) ginauth.Throttle {
	return policies.AddressRate("3/min", c)
}

type maker = func(c policies.RateConfig) ginauth.Throttle

func prefixed(bits int) maker {
	return func(c policies.RateConfig) ginauth.Throttle {
		c.IPv6Prefix = bits
		return addressRate(c)
	}
}

func addressed(f func(c *gin.Context) string) maker {
	return func(c policies.RateConfig) ginauth.Throttle {
		c.Address = f
		return addressRate(c)
	}
}

func scoped(scope string) maker {
	return func(c policies.RateConfig) ginauth.Throttle {
		c.Counter = scope
		return userRate(c)
	}
}

func keyed(key func(c *gin.Context, id *ginauth.Identity) (string, error)) maker {
	return func(c policies.RateConfig) ginauth.Throttle { return policies.KeyRate("tenant", "5/10m", key, c) }
}

func requestFrom(peer, header string) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	c.Request.RemoteAddr = peer
	if header != "" {
		c.Request.Header.Set("X-Forwarded-For", header)
		c.Request.Header.Set("X-Tenant", header)
	}
	return c
}

// TestUncountableUsers checks that a request that cannot be counted is not
// admitted.
func TestUncountableUsers(t *testing.T) {
	for _, user := range []ginauth.User{&models.User{}, &byUUID{}, &bySerial{}, &byPointer{}, &byTwo{A: 1, B: 2},
		&claims{}, bySubject(""), human{}} {
		store := &recorder{tally: rates.Tally{Admitted: true}}
		throttle := policies.UserRate("3/min", policies.RateConfig{Store: store, FailOpen: true})
		for range 2 { // the second time, what is known about the type is remembered
			d, err := throttle.Allow(requestFrom("192.0.2.1:1", ""), &ginauth.Identity{User: user})
			if d.Allowed || err == nil || !strings.Contains(err.Error(), "Subject() string") || len(store.asked) > 0 {
				t.Errorf("%T: %v %v %q", user, d, err, store.asked)
			}
		}
	}
}

// parses counts how often GORM has looked at a hermit.
var parses atomic.Int64

// hermit is a user type that GORM cannot make a table of, like the type of
// users known by a token alone.
type hermit struct {
	Friend *struct{ Name string }
}

func (*hermit) Authenticated() bool { return true }
func (*hermit) Subject() string     { return "hermit" }
func (*hermit) TableName() string   { parses.Add(1); return "hermits" }

// TestATypeIsLookedAtOnce checks that GORM parses the type once, although it
// has no primary key: parsing it on every request would take longer than
// everything else.
func TestATypeIsLookedAtOnce(t *testing.T) {
	store := &recorder{tally: rates.Tally{Admitted: true}}
	throttle := policies.UserRate("9/min", policies.RateConfig{Store: store})
	var after []int64
	for range 3 {
		if d, err := throttle.Allow(requestFrom("192.0.2.1:1", ""), &ginauth.Identity{User: &hermit{}}); !d.Allowed || err != nil {
			t.Fatal(d, err)
		}
		after = append(after, parses.Load())
	}
	if after[0] == 0 || after[2] != after[0] {
		t.Errorf("GORM has parsed the type %v times", after)
	}
	if len(store.asked) != 3 || !strings.Contains(store.asked[2], ":user:=hermit") {
		t.Errorf("%q", store.asked)
	}
}

// TestWait compares the answers with DRF's formula, worked out by hand, except
// for a log beyond the limit, for which DRF has no answer.
func TestWait(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		rate  string
		tally rates.Tally
		want  ginauth.Admission // without the name of the quota
	}{
		{"3/min", rates.Tally{Admitted: true}, allowed(3, time.Minute, 2, time.Minute)},
		{"3/min", rates.Tally{Admitted: true, Stored: 2, Oldest: 59 * s}, allowed(3, time.Minute, 0, s)},
		{"3/min", rates.Tally{Stored: 3, Oldest: 10 * s, Wait: 50 * s}, refused(3, time.Minute, 50*s, 50*s)},
		{"3/min", rates.Tally{Stored: 3, Wait: time.Minute}, refused(3, time.Minute, time.Minute, time.Minute)},
		{"0/min", rates.Tally{}, refused(0, time.Minute, time.Minute, time.Minute)},
		// a class with a higher limit shares the log
		{"3/min", rates.Tally{Stored: 4, Oldest: 10 * s, Wait: 55 * s}, refused(3, time.Minute, 55*s, 55*s)},
		{"0/min", rates.Tally{Stored: 1, Oldest: 10 * s}, refused(0, time.Minute, time.Minute, time.Minute)},
		{"1/500ms", rates.Tally{Stored: 1, Oldest: 499 * time.Millisecond, Wait: time.Millisecond},
			refused(1, 500*time.Millisecond, time.Millisecond, time.Millisecond)},
	} {
		throttle := policies.UserRate(row.rate, policies.RateConfig{Store: &recorder{tally: row.tally}})
		d, err := throttle.Allow(requestFrom("192.0.2.1:1", ""), &ginauth.Identity{})
		row.want.Quota.Policy = "user:" + row.rate
		if d != row.want || err != nil {
			t.Errorf("%s, %+v:\n got %+v %v\nwant %+v", row.rate, row.tally, d, err, row.want)
		}
	}
}

func allowed(limit int, window time.Duration, remaining int, reset time.Duration) ginauth.Admission {
	return ginauth.Admission{Allowed: true, Quota: ginauth.Quota{Limit: limit, Window: window, Remaining: remaining, Reset: reset}}
}

func refused(limit int, window, wait, reset time.Duration) ginauth.Admission {
	return ginauth.Admission{Wait: wait, Quota: ginauth.Quota{Limit: limit, Window: window, Reset: reset}}
}

func TestRateNames(t *testing.T) {
	key := func(*gin.Context, *ginauth.Identity) (string, error) { return "", errors.New("never called") }
	custom := policies.RateConfig{Address: drf.InsecureForwardedFor}
	for _, row := range []struct {
		throttle  ginauth.Throttle
		want      string
		byAddress bool
		alpha     string // whether it has a rate for that scope
	}{
		{policies.AnonRate("3/minute"), "AnonRate(3/min)", true, "not asked"},
		{policies.AnonRate("3/minute", custom), "AnonRate(3/min)", false, "not asked"},
		{policies.UserRate("1000/hour"), "UserRate(1000/hour)", true, "not asked"},
		{policies.AddressRate("5/1h30m"), "AddressRate(5/1h30m)", true, "not asked"},
		{policies.ScopedRate(map[string]string{"beta": "3/m", "alpha": "2/10m"}), "ScopedRate(alpha 2/10m, beta 3/min)", true, "true"},
		{policies.ScopedRate(nil), "ScopedRate()", true, "false"},
		{policies.KeyRate("tenant", "3/d", key), "KeyRate(tenant 3/day)", false, "not asked"},
	} {
		alpha := "not asked"
		traits := row.throttle.(ginauth.Describer[ginauth.ThrottleTraits]).Describe()
		if traits.HasRate != nil {
			alpha = fmt.Sprint(traits.HasRate("alpha"))
		}
		byAddress := traits.CountsByAddress
		if got := ginauth.Name(row.throttle); got != row.want || byAddress != row.byAddress || alpha != row.alpha {
			t.Errorf("%s: by address %v, has alpha %s; want %s", got, byAddress, alpha, row.want)
		}
	}
}
