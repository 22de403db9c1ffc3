package oidc_test

import (
	"crypto"
	"crypto/ed25519"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/policies/oidc"
)

// byOther returns a token of a key other than the one published for its id.
func (i *issuer) byOther(header object) string { return i.sign(token{rs256, otherRSA(), header, nil}) }

// TestANewKeyUnderAnOldID checks that the issuer is asked once more when a
// signature is wrong, as it is for an unknown id.
func TestANewKeyUnderAnOldID(t *testing.T) {
	ed := ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	none := object{"kid": nil}
	for name, row := range map[string]struct {
		before, after []object
		old, new      func(i *issuer) string
		oldAfter      int
	}{
		"replaced": {[]object{jwk("1", rsaKey())}, []object{jwk("1", otherRSA())},
			func(i *issuer) string { return i.good(nil) }, func(i *issuer) string { return i.byOther(nil) }, 401},
		"without ids": {[]object{jwk("1", rsaKey(), none)}, []object{jwk("1", otherRSA(), none)},
			func(i *issuer) string { return i.sign(token{rs256, rsaKey(), none, nil}) }, func(i *issuer) string { return i.byOther(none) }, 401},
		"both, the new one first": {[]object{jwk("1", rsaKey())}, []object{jwk("1", otherRSA()), jwk("1", rsaKey())},
			func(i *issuer) string { return i.good(nil) }, func(i *issuer) string { return i.byOther(nil) }, 200},
		"both, the old one first": {[]object{jwk("1", rsaKey())}, []object{jwk("1", rsaKey()), jwk("1", otherRSA())},
			func(i *issuer) string { return i.good(nil) }, func(i *issuer) string { return i.byOther(nil) }, 200},
		"Ed25519": {[]object{jwk("1", edKey())}, []object{jwk("1", ed)},
			func(i *issuer) string { return i.sign(token{gojwt.SigningMethodEdDSA, edKey(), nil, nil}) },
			func(i *issuer) string {
				return i.sign(token{gojwt.SigningMethodEdDSA, crypto.PrivateKey(ed), nil, nil})
			}, 401},
		"another algorithm": {[]object{jwk("1", rsaKey())}, []object{jwk("1", edKey())},
			func(i *issuer) string { return i.good(nil) },
			func(i *issuer) string { return i.sign(token{gojwt.SigningMethodEdDSA, edKey(), nil, nil}) }, 401},
	} {
		i, c := newIssuer(t, row.before...), newClock()
		h := guarded(oidc.NewStatelessAuthenticator(i.config(c)))
		expect := func(step, token string, want int, fetches int64) {
			t.Helper()
			if status, body := me(h, token); status != want || i.sets.Load() != fetches {
				t.Errorf("%s, %s: %d %s, want %d; %d fetches, want %d", name, step, status, body, want, i.sets.Load(), fetches)
			}
		}
		expect("before", row.old(i), 200, 1)
		expect("not yet published", row.new(i), 401, 1)
		i.publish(row.after...)
		c.move(9 * time.Second)
		expect("published, asked just now", row.new(i), 401, 1)
		c.move(time.Second)
		expect("ten seconds later", row.new(i), 200, 2)
		expect("again", row.new(i), 200, 2)
		expect("the old one", row.old(i), row.oldAfter, 2)
	}
}

// TestFloodOfWrongSignatures checks that forged tokens under a known id neither
// make us ask the issuer more often than unknown ids do, nor take its key from
// other tokens.
func TestFloodOfWrongSignatures(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	h := guarded(oidc.NewStatelessAuthenticator(i.config(c)))
	good, forged := i.good(nil), i.byOther(nil)
	for second, fetches := range []int64{1, 1, 2, 2} { // 5 seconds apart
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				if status, body := me(h, forged); status != 401 {
					t.Errorf("forged: %d %s", status, body)
				}
			})
			group.Go(func() {
				if status, body := me(h, good); status != 200 {
					t.Errorf("good: %d %s", status, body)
				}
			})
		}
		group.Wait()
		if i.sets.Load() != fetches || i.documents.Load() != fetches {
			t.Errorf("after %d seconds: %d fetches, want %d", 5*second, i.sets.Load(), fetches)
		}
		c.move(5 * time.Second)
	}
	for range 3 { // the issuer is not asked about a signature that no key can have made
		if status, _ := me(h, good[:strings.LastIndex(good, ".")]+".not base64"); status != 401 || i.sets.Load() != 2 {
			t.Errorf("no signature: %d, %d fetches", status, i.sets.Load())
		}
		c.move(11 * time.Second)
	}
}

// TestManyTokensOfANewKey checks that all tokens wait for one fetch, and all
// are accepted.
func TestManyTokensOfANewKey(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	h := guarded(oidc.NewStatelessAuthenticator(i.config(c)))
	if status, _ := me(h, i.good(nil)); status != 200 {
		t.Fatal(status)
	}
	i.publish(jwk("1", otherRSA()))
	c.move(10 * time.Second)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if status, body := me(h, i.byOther(nil)); status != 200 {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	group.Wait()
	if i.sets.Load() != 2 {
		t.Errorf("%d fetches", i.sets.Load())
	}
}

// TestWrongSignaturesWhileTheIssuerHangs checks that only the requests with
// wrong signatures wait.
func TestWrongSignaturesWhileTheIssuerHangs(t *testing.T) {
	i, c := newIssuer(t, jwk("1", rsaKey())), newClock()
	config := i.config(c)
	config.Timeout = time.Minute
	h := guarded(oidc.NewStatelessAuthenticator(config))
	if status, _ := me(h, i.good(nil)); status != 200 {
		t.Fatal(status)
	}
	hanging, release := make(chan struct{}, 1), make(chan struct{})
	i.does(func(w http.ResponseWriter, _ *http.Request) {
		hanging <- struct{}{}
		<-release
		down(w, nil)
	})
	c.move(10 * time.Second)
	forged := make(chan int, 10)
	for range cap(forged) {
		go func() { status, _ := me(h, i.byOther(nil)); forged <- status }()
	}
	<-hanging
	for range 100 {
		if status, body := me(h, i.good(nil)); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	close(release)
	for range cap(forged) {
		if status := <-forged; status != 503 { // the issuer may have another key
			t.Errorf("forged: %d", status)
		}
	}
	w := get(h, "/me", i.byOther(nil))
	if w.Code != 503 || w.Header().Get("Retry-After") != "10" || i.documents.Load() != 2 {
		t.Errorf("asked just now: %d, %s, %d fetches", w.Code, w.Header().Get("Retry-After"), i.documents.Load())
	}
	if status, body := me(h, i.good(nil)); status != 200 {
		t.Errorf("the key is still there: %d %s", status, body)
	}
	i.does(nil)
	c.move(10 * time.Second)
	if status, body := me(h, i.byOther(nil)); status != 401 {
		t.Errorf("up again: %d %s", status, body)
	}
}
