package logins_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies/logins"
)

const home, away = "198.51.100.1", "203.0.113.9"

// TestTheCurveOverHTTP checks that five wrong passwords are followed by waits
// that double. The right password has to wait too, and clears nothing. One
// failure is forgotten each quarter of an hour.
func TestTheCurveOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	for range 5 {
		w.expect("401", away, "alice", "wrong")
	}
	w.expect("429 after 1", away, "alice", "porridge")
	w.now = w.now.Add(time.Second)
	w.expect("401", away, "alice", "wrong")
	w.expect("429 after 2", away, "alice", "wrong")
	w.expect("200", home, "alice", "porridge")
	w.now = w.now.Add(2 * time.Second)
	w.expect("200", away, "alice", "porridge")
	w.expect("401", away, "alice", "wrong")
	w.expect("429 after 4", away, "alice", "wrong")
	w.now = w.now.Add(45 * time.Minute)
	w.expect("401", away, "alice", "wrong")
	w.expect("429 after 1", away, "alice", "wrong")
}

// TestVariantsOfANameShareACounter checks names of users, and of a user that
// does not exist.
func TestVariantsOfANameShareACounter(t *testing.T) {
	for _, name := range []string{"alice", "nobody"} {
		w := newWorld(t, nil)
		wide := strings.Map(func(r rune) rune { return r - 'a' + 'ａ' }, name)
		for _, variant := range []string{strings.ToUpper(name), " " + name, name + "\t\u3000", wide, name[:1] + "\u200b" + name[1:]} {
			w.expect("401", away, variant, "wrong")
		}
		w.expect("429 after 1", away, name, "porridge")
		w.expect("429 after 1", away, strings.ToUpper(wide), "wrong")
	}
}

// TestForgedAddresses checks that a client can choose its network only as far
// as trusted proxies let it.
func TestForgedAddresses(t *testing.T) {
	w := newWorld(t, nil)
	for i, forged := range []string{"10.0.0.1", "a%00b", "unknown", "10.0.0.2, 10.0.0.3", strings.Repeat("9", 64<<10)} {
		w.expect("401", away, "alice", fmt.Sprint("wrong", i), "X-Forwarded-For", forged, "X-Real-Ip", forged)
	}
	w.expect("429 after 1", away, "alice", "wrong", "X-Forwarded-For", "10.0.0.4")
	// Clients behind the proxy are told apart by what the proxy adds.
	w.expect("401", "192.0.2.100", "alice", "wrong", "X-Forwarded-For", home)
	w.expect("429 after 1", "192.0.2.100", "alice", "wrong", "X-Forwarded-For", home+", "+away)
	for range 4 {
		w.expect("401", "192.0.2.100", "alice", "wrong", "X-Forwarded-For", "10.0.0.5, "+home)
	}
	w.expect("429 after 1", home, "alice", "wrong")
}

// TestTheProxyWritesPorts checks that a guesser behind a gateway that writes
// ports has a network of its own, whatever header it adds.
func TestTheProxyWritesPorts(t *testing.T) {
	w := newWorld(t, nil)
	w.expect("200", "192.0.2.100", "alice", "porridge", "X-Forwarded-For", home+":1")
	for i := range 5 {
		w.expect("401", "192.0.2.100", "alice", "wrong", "X-Forwarded-For", fmt.Sprint(away, ":", 5678+i), "X-Real-IP", fmt.Sprint("10.0.0.", i))
	}
	w.expect("429 after 1", "192.0.2.100", "alice", "wrong", "X-Forwarded-For", away+":9", "X-Real-IP", "10.0.0.9")
	w.expect("200", "192.0.2.100", "alice", "porridge", "X-Forwarded-For", home+":2")
}

// TestNetworks checks that the many IPv6 addresses of a client are one network,
// and an IPv4 address in either notation.
func TestNetworks(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 5 {
		w.expect("401", fmt.Sprintf("[2001:db8:1:2::%d]", i), "alice", "wrong")
		w.expect("401", []string{away, "[::ffff:" + away + "]"}[i%2], "alice", "wrong")
	}
	w.expect("429 after 1", "[2001:db8:1:2:ffff::1]", "alice", "wrong")
	w.expect("401", "[2001:db8:1:3::1]", "alice", "wrong")
	w.expect("429 after 1", away, "alice", "wrong")
	w.expect("429 after 1", "[64:ff9b::"+away+"]", "alice", "wrong") // the same client behind NAT64
	w.expect("401", "[64:ff9b::203.0.113.10]", "alice", "wrong")

	wide := newWorld(t, func(l *logins.Limits) { l.IPv4Prefix, l.IPv6Prefix = 24, 48 })
	for i := range 5 {
		wide.expect("401", fmt.Sprintf("[2001:db8:1:%d::1]", i), "alice", "wrong")
		wide.expect("401", fmt.Sprintf("203.0.113.%d", i), "alice", "wrong")
	}
	wide.expect("429 after 1", "[2001:db8:1:ffff::1]", "alice", "wrong")
	wide.expect("429 after 1", "203.0.113.255", "alice", "wrong")
	for address, want := range map[string]string{
		"203.0.113.7": "203.0.113.0/24", "::ffff:203.0.113.7": "203.0.113.0/24",
		"2001:db8:1:2::1": "2001:db8:1::/48", "64:ff9b::203.0.113.7": "203.0.113.0/24",
	} {
		users, err := models.UsersOf(wide.db)
		if err != nil {
			t.Fatal(err)
		}
		if got := logins.Of(users).Network(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
}

// TestTheOwnerGetsIn checks that owners get in from the network that they
// always use, while a botnet guesses their password and a client behind the
// same address guesses those of all users; and, after a wait, from a network
// where they are new.
func TestTheOwnerGetsIn(t *testing.T) {
	w := newWorld(t, nil)
	w.expect("200", home, "alice", "porridge")
	for i := range 100 {
		w.login(fmt.Sprintf("10.1.0.%d", i), "alice", "guess")
		w.login(home, fmt.Sprint("user", i), "guess")
		w.login(home, fmt.Sprint("user", i), "guess")
	}
	w.expect("429 after 2430", "10.2.0.1", "alice", "guess") // 81 turns: those of 80 networks, and this one
	w.expect("429 after 10", home, "user100", "guess")
	w.expect("200", home, "alice", "porridge")
	w.expect("401", home, "alice", "typo")
	w.expect("200", home, "alice", "porridge")
	w.now = w.now.Add(2430 * time.Second)
	w.expect("200", "10.2.0.1", "alice", "porridge")
	w.expect("200", "10.2.0.1", "alice", "porridge")
}

// TestManyAtOnce checks that 200 wrong passwords at once are all counted, and
// five of them tested; and that 100 right ones are all let in.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	statuses := func(n int, name, password string) map[string]int {
		var mu sync.Mutex
		var wg sync.WaitGroup
		got := map[string]int{}
		for range n {
			wg.Go(func() {
				status := logIn(t.Context(), w.engine, away, name, password)
				mu.Lock()
				defer mu.Unlock()
				got[status]++
			})
		}
		wg.Wait()
		return got
	}
	if got := statuses(100, "alice", "porridge"); got["200"] != 100 {
		t.Errorf("right passwords: %v", got)
	}
	if got := statuses(200, "bob", "wrong"); got["401"] != 5 || got["429 after 1"] != 195 {
		t.Errorf("wrong passwords: %v", got)
	}
	bob := loginstore.AccountOf("bob")
	for c, err := range w.store.Counters(t.Context(), loginstore.Filter{Account: &bob}) {
		if err != nil || c.Failed != 5 || c.Refused != 195 || c.Pending != 0 {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

func TestUnlimited(t *testing.T) {
	w := newWorld(t, func(l *logins.Limits) { *l = logins.Limits{InsecureUnlimited: true} })
	for range 200 {
		w.expect("401", away, "alice", "wrong")
	}
	w.expect("200", away, "alice", "porridge")
	users, err := models.UsersOf(w.db)
	if err != nil || logins.Of(users).Store() != nil {
		t.Error(err, "there is a store")
	}
}

// TestOnByDefault checks that a database without configured limits has the
// defaults, in a store of its own that all its logins share.
func TestOnByDefault(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Configure(t, db)
		logintest.Migrated(t, db)
		one, another := site(db), site(db.Session(&gorm.Session{}))
		for i := range 5 {
			if got := logIn(t.Context(), []*gin.Engine{one, another}[i%2], away, "nobody", "wrong"); got != "401" {
				t.Error(got)
			}
		}
		if got := logIn(t.Context(), another, away, "nobody", "wrong"); got != "429 after 1" {
			t.Error(got)
		}
		other := logintest.Migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
		if got := logIn(t.Context(), site(other), away, "nobody", "wrong"); got != "401" {
			t.Errorf("another database: %s", got)
		}
	})
}

// TestWithoutAnAddress checks that clients with an unknown address are one
// network.
func TestWithoutAnAddress(t *testing.T) {
	w := newWorld(t, nil)
	users, err := models.UsersOf(w.db)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/", nil)
		c.Request.RemoteAddr = "@"
		_, err = logins.Of(users).Authenticate(c, login.Credentials{Username: "alice", Password: "wrong"})
	}
	if err == nil || err.Error() != "429 throttled: logins: too many failures" {
		t.Error(err)
	}
}

// TestNamesThatOnlyTheDatabaseTakesForOne uses a collation of the kind that
// Django's documentation recommends, with which a name has more spellings than
// the counters fold. Spellings with counters of their own do not log in, so
// they are worth no guesses.
func TestNamesThatOnlyTheDatabaseTakesForOne(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	prepare(t, db, logins.Limits{})
	for _, statement := range []string{
		`DELETE FROM auth_user WHERE username <> 'alice'`, `UPDATE auth_user SET username = 'alice1'`,
		`CREATE COLLATION case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
		`DROP INDEX auth_user_username_6821ab7c_like`,
		`ALTER TABLE auth_user ALTER COLUMN username TYPE varchar(150) COLLATE case_insensitive`,
	} {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	engine := site(db)
	for name, want := range map[string]string{
		"alice1": "200", "ALICE1": "200", "alice1\u034f": "200", "a\ufe0flice1": "200", // the same counters
		"a\u0640lice1": "401", "alice\u0661": "401", "a\U0001da69lice1": "401", // others
	} {
		if got := logIn(t.Context(), engine, home, name, "porridge"); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
