package oidc_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/policies/oidc"
)

// eventually waits for an event in the background.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not happen", what)
		}
	}
}

// TestFloodOfUnknownKeys checks that the issuer is asked at most once per
// RetryInterval, whatever tokens say, and that tokens with a known key are not
// affected.
func TestFloodOfUnknownKeys(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	h := guarded(oidc.NewStatelessAuthenticator(i.config(c)))
	good := i.good(nil)
	flood := func(ids string) {
		var group sync.WaitGroup
		for n := range 500 {
			group.Go(func() {
				unknown := i.sign(token{gojwt.SigningMethodEdDSA, edKey(), object{"kid": fmt.Sprint(ids, n)}, nil})
				if status, body := me(h, unknown); status != 401 {
					t.Errorf("unknown key: %d %s", status, body)
				}
			})
			group.Go(func() {
				if status, body := me(h, good); status != 200 {
					t.Errorf("known key: %d %s", status, body)
				}
			})
		}
		group.Wait()
	}
	for second, fetches := range []int64{1, 1, 2, 2} { // 5 seconds apart
		flood(fmt.Sprint(second, "-"))
		if i.sets.Load() != fetches || i.documents.Load() != fetches {
			t.Errorf("after %d seconds: %d fetches, want %d", 5*second, i.sets.Load(), fetches)
		}
		c.move(5 * time.Second)
	}
}

// TestRotationOfTheIssuer checks that a new key is found when its first token
// arrives, and that a withdrawn key is no longer accepted.
func TestRotationOfTheIssuer(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	h := guarded(oidc.NewStatelessAuthenticator(i.config(c)))
	expect := func(step, kid string, want int) {
		t.Helper()
		if status, body := me(h, i.named(kid)); status != want {
			t.Errorf("%s: key %s: %d %s, want %d", step, kid, status, body, want)
		}
	}
	expect("begin", "1", 200)
	i.publish(jwk("1", rsaKey()), jwk("2", rsaKey()))
	expect("published just now", "2", 401)
	c.move(10 * time.Second)
	expect("ten seconds later", "2", 200)
	expect("both", "1", 200)

	i.publish(jwk("2", rsaKey()))
	c.move(15*time.Minute + time.Second)
	expect("the old one is withdrawn, and fetched in the background", "1", 200)
	eventually(t, "the background fetch", func() bool { status, _ := me(h, i.named("1")); return status == 401 })
	expect("the new one", "2", 200)

	i.publish(jwk("3", rsaKey()))
	c.move(31 * time.Minute)
	expect("withdrawn while nobody asked", "2", 401)
	expect("its successor", "3", 200)

	i.does(down)
	c.move(16 * time.Minute)
	asked := i.documents.Load()
	expect("down for a moment", "3", 200)
	eventually(t, "a fetch in the background", func() bool { return i.documents.Load() > asked })
	i.does(nil)
	i.publish(jwk("4", rsaKey()))
	c.move(3 * time.Hour)
	expect("withdrawn after that, while nobody asked", "3", 401)

	i.publish()
	c.move(31 * time.Minute)
	expect("all withdrawn", "4", 401)
}

// TestIssuerIsDown checks that known keys remain valid for MaxStale. Whether
// the issuer has others cannot be determined, which is 503.
func TestIssuerIsDown(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	var log bytes.Buffer
	i.does(down)
	h := guarded(oidc.NewStatelessAuthenticator(i.config(c)), &log)
	w := get(h, "/me", i.good(nil))
	if w.Code != 503 || w.Header().Get("Retry-After") != "10" || strings.Contains(w.Body.String(), i.URL) {
		t.Errorf("down from the beginning: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.String(), "status 502") || strings.Contains(log.String(), i.good(nil)) {
		t.Errorf("the log: %s", &log)
	}
	if w := get(h, "/any", i.good(nil)); w.Code != 503 {
		t.Errorf("on an open route: %d", w.Code)
	}
	i.does(nil)
	c.move(4 * time.Second)
	if w := get(h, "/me", i.good(nil)); w.Code != 503 || w.Header().Get("Retry-After") != "6" || i.documents.Load() != 1 {
		t.Errorf("before it may be asked again: %d, %s, %d fetches", w.Code, w.Header().Get("Retry-After"), i.documents.Load())
	}
	c.move(6 * time.Second)
	if status, body := me(h, i.good(nil)); status != 200 {
		t.Errorf("up again: %d %s", status, body)
	}

	i.does(down)
	c.move(10 * time.Second)
	for range 20 {
		if status, body := me(h, i.named("2")); status != 503 {
			t.Errorf("an unknown key: %d %s", status, body)
		}
		if status, body := me(h, i.good(object{"aud": "other"})); status != 401 {
			t.Errorf("a wrong token: %d %s", status, body)
		}
	}
	if n := i.documents.Load(); n != 3 {
		t.Errorf("%d fetches", n)
	}
	for hour := range 24 {
		if status, body := me(h, i.good(nil)); status != 200 {
			t.Fatalf("a known key after %d hours: %d %s", hour, status, body)
		}
		before := i.documents.Load()
		c.move(time.Hour - time.Second)
		me(h, i.good(nil))
		eventually(t, "a fetch in the background", func() bool { return i.documents.Load() > before })
		c.move(time.Second)
	}
	c.move(time.Minute)
	if status, body := me(h, i.good(nil)); status != 503 {
		t.Errorf("after a day: %d %s", status, body)
	}
	i.does(nil)
	c.move(10 * time.Second)
	if status, body := me(h, i.good(nil)); status != 200 {
		t.Errorf("up again: %d %s", status, body)
	}
}

// TestNobodyWaitsForARefresh checks that requests with a known key continue
// while the issuer does not answer.
func TestNobodyWaitsForARefresh(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	config := i.config(c)
	config.Timeout = time.Minute
	h := guarded(oidc.NewStatelessAuthenticator(config))
	if status, _ := me(h, i.good(nil)); status != 200 {
		t.Fatal(status)
	}
	hanging, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	i.does(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(hanging) })
		<-release
		i.serve(w, r)
	})
	c.move(16 * time.Minute)
	for range 100 {
		if status, body := me(h, i.good(nil)); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	eventually(t, "the second fetch", func() bool {
		select {
		case <-hanging:
			return true
		default:
			return false
		}
	})
	if status, body := me(h, i.good(nil)); status != 200 || i.documents.Load() != 2 {
		t.Errorf("%d %s, %d fetches", status, body, i.documents.Load())
	}
	close(release)
	eventually(t, "its end", func() bool { return i.sets.Load() == 2 })
}

// TestSlowIssuer checks that an issuer that never answers costs a request no
// more than the timeout.
func TestSlowIssuer(t *testing.T) {
	i := newIssuer(t)
	i.does(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	config := i.config(newClock())
	config.Timeout = 50 * time.Millisecond
	h := guarded(oidc.NewStatelessAuthenticator(config))
	began := time.Now()
	if status, body := me(h, i.good(nil)); status != 503 || time.Since(began) > 10*time.Second {
		t.Errorf("%d %s after %v", status, body, time.Since(began))
	}
}

// roundTrips is a transport that behaves as the test says.
type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTransportPanics checks that a panic in the background does not end the
// program.
func TestTransportPanics(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	var panics atomic.Int64
	config.Transport = roundTrips(func(*http.Request) (*http.Response, error) {
		panics.Add(1)
		panic("no")
	})
	h := guarded(oidc.NewStatelessAuthenticator(config))
	for range 3 {
		if status, body := me(h, i.good(nil)); status != 503 {
			t.Errorf("%d %s", status, body)
		}
	}
	if panics.Load() != 1 {
		t.Errorf("%d attempts", panics.Load())
	}
}

// TestTwoIssuersWithOneKeyID (CVE-2026-49998) checks that a key belongs to its
// issuer, whatever its id, and so does a token.
func TestTwoIssuersWithOneKeyID(t *testing.T) {
	c := newClock()
	a, b := newIssuer(t, jwk("1", rsaKey())), newIssuer(t, jwk("1", otherRSA()))
	byA, byB := oidc.NewStatelessAuthenticator(a.config(c)), oidc.NewStatelessAuthenticator(b.config(c))
	sign := func(i *issuer, claims object) string { return i.sign(token{rs256, otherRSA(), nil, claims}) }
	for name, h := range map[string]http.Handler{
		"a alone": guarded(byA), "b alone": guarded(byB), "a, else b": guarded(byA.OrElse(byB)), "b, else a": guarded(byB.OrElse(byA)),
	} {
		for _, row := range []struct {
			token, name, who string
		}{
			{a.good(nil), "of a", "alice of " + a.URL},
			{sign(b, nil), "of b", "alice of " + b.URL},
			{b.good(nil), "says b, key of a", ""},
			{sign(a, nil), "says a, key of b", ""},
			{sign(b, object{"iss": nil}), "says nothing, key of b", ""},
			{sign(b, object{"iss": []string{a.URL, b.URL}}), "says both, key of b", ""},
			{sign(b, object{"iss": b.URL + "/"}), "says almost b, key of b", ""},
			{"x.y.z", "says nothing readable", ""},
		} {
			want := 401
			if row.who != "" && (strings.Contains(name, "else") || name[0] == row.name[3]) {
				want = 200
			}
			status, body := me(h, row.token)
			if status != want || want == 200 && body != row.who {
				t.Errorf("%s: %s: %d %s, want %d", name, row.name, status, body, want)
			}
			if w := get(h, "/any", row.token); w.Code != want {
				t.Errorf("%s: %s, on an open route: %d", name, row.name, w.Code)
			}
		}
	}
}
