package oidc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/policies/oidc"
)

var rs256 = gojwt.SigningMethodRS256

// TestHostileIssuers checks that an answer that no sound issuer would give does
// not count: the request gets 503, and the reason is in the log only.
func TestHostileIssuers(t *testing.T) {
	good := func(i *issuer) string { return `{"issuer":"` + i.URL + `","jwks_uri":"` + i.URL + `/keys"}` }
	big := strings.Repeat(" ", 10<<20)
	many := func(n int) string {
		keys := make([]map[string]any, n)
		for k := range keys {
			keys[k] = map[string]any{"kty": "x"}
		}
		keys[n-1] = jwk("1", rsaKey())
		return string(must(json.Marshal(map[string]any{"keys": keys})))
	}
	for name, row := range map[string]struct {
		status         int
		logged         string
		document, keys func(i *issuer) string
	}{
		"as it should be": {200, "", good, nil},
		"100 keys":        {200, "", good, func(*issuer) string { return many(100) }},
		"101 keys":        {503, "it has 101 keys, and may have 100", good, func(*issuer) string { return many(101) }},
		"10,000 keys":     {503, "it has 10000 keys", good, func(*issuer) string { return many(10_000) }},
		"keys of 10 MB": {503, "longer than 1048576 bytes", good,
			func(i *issuer) string { return (*i.set.Load())[:1] + big + (*i.set.Load())[1:] }},
		"a configuration of 10 MB": {503, "longer than 1048576 bytes", func(i *issuer) string { return big + good(i) }, nil},
		"keys are not JSON":        {503, "not a JSON web key set", good, func(*issuer) string { return "<html>" }},
		"keys in a list":           {503, "not a JSON web key set", good, func(*issuer) string { return "[]" }},
		"keys null":                {503, "not a JSON web key set", good, func(*issuer) string { return `{"keys":null}` }},
		"keys absent":              {503, "not a JSON web key set", good, func(*issuer) string { return "{}" }},
		"keys in an object":        {503, "not a JSON web key set", good, func(*issuer) string { return `{"keys":{}}` }},
		"nested":                   {503, "not a JSON web key set", good, func(*issuer) string { return strings.Repeat(`{"keys":[`, 100_000) }},
		"none":                     {401, "no such key", good, func(*issuer) string { return `{"keys":[]}` }},
		"configuration of another": {503, "it is the one of",
			func(i *issuer) string { return strings.Replace(good(i), i.URL, "https://other.test", 1) }, nil},
		"configuration with /": {503, "it is the one of",
			func(i *issuer) string { return strings.Replace(good(i), i.URL, i.URL+"/", 1) }, nil},
		"configuration empty":       {503, "it is the one of", func(*issuer) string { return "{}" }, nil},
		"configuration is not JSON": {503, "not a JSON object", func(*issuer) string { return "keys" }, nil},
		"keys nowhere":              {503, "its jwks_uri is not a URL", func(i *issuer) string { return `{"issuer":"` + i.URL + `"}` }, nil},
		"keys over HTTP elsewhere": {503, "must be https",
			func(i *issuer) string { return strings.Replace(good(i), i.URL+"/keys", "http://keys.test/", 1) }, nil},
		"keys in a file": {503, "is not a URL",
			func(i *issuer) string { return strings.Replace(good(i), i.URL+"/keys", "file:///etc/passwd", 1) }, nil},
		"keys for a user": {503, "without user", func(i *issuer) string {
			return strings.Replace(good(i), i.URL+"/keys", "http://root:hunter2@"+i.URL[len("http://"):]+"/keys", 1)
		}, nil},
	} {
		i := newIssuer(t, jwk("1", rsaKey()))
		i.does(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path != "/keys":
				_, _ = io.WriteString(w, row.document(i))
			case row.keys != nil:
				_, _ = io.WriteString(w, row.keys(i))
			default:
				i.serve(w, r)
			}
		})
		var log bytes.Buffer
		status, body := me(guarded(oidc.NewStatelessAuthenticator(i.config(newClock())), &log), i.good(nil))
		if status != row.status || row.status == 503 && strings.Contains(body, "key") {
			t.Errorf("%s: %d %s, want %d", name, status, body, row.status)
		}
		if !strings.Contains(log.String(), row.logged) || strings.Contains(log.String(), "hunter2") || log.Len() > 4000 {
			t.Errorf("%s: the log is %.300s", name, &log)
		}
	}
}

// TestEndlessAnswer checks that reading stops at the limit, not at the end.
func TestEndlessAnswer(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	var sent atomic.Int64
	i.does(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			i.serve(w, r)
			return
		}
		for chunk := bytes.Repeat([]byte(" "), 1<<16); ; sent.Add(1 << 16) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(i.config(newClock()))), i.good(nil)); status != 503 || sent.Load() > 64<<20 {
		t.Errorf("%d %s after %d bytes", status, body, sent.Load())
	}
}

// TestRedirects checks that redirects are followed within a host, three times.
func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int64
	var home *issuer
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		_, _ = io.WriteString(w, *home.set.Load())
	}))
	defer other.Close()
	for name, row := range map[string]struct {
		to     func(i *issuer) string
		status int
	}{
		"inside":             {func(i *issuer) string { return i.URL + "/moved/1" }, 200},
		"inside, three":      {func(i *issuer) string { return i.URL + "/moved/3" }, 200},
		"inside, four":       {func(i *issuer) string { return i.URL + "/moved/4" }, 503},
		"in a circle":        {func(i *issuer) string { return i.URL + "/keys" }, 503},
		"to another port":    {func(*issuer) string { return other.URL + "/keys" }, 503},
		"to another name":    {func(i *issuer) string { return strings.Replace(i.URL, "127.0.0.1", "localhost", 1) + "/moved/1" }, 503},
		"to another scheme":  {func(i *issuer) string { return strings.Replace(i.URL, "http:", "https:", 1) + "/moved/1" }, 503},
		"without a host":     {func(*issuer) string { return "//" + other.URL[len("http://"):] + "/keys" }, 503},
		"after one that may": {func(i *issuer) string { return i.URL + "/out" }, 503},
	} {
		i := newIssuer(t, jwk("1", rsaKey()))
		home = i
		i.does(func(w http.ResponseWriter, r *http.Request) {
			var hops int
			switch _, err := fmt.Sscanf(r.URL.Path, "/moved/%d", &hops); {
			case r.URL.Path == "/keys":
				http.Redirect(w, r, row.to(i), http.StatusFound)
			case r.URL.Path == "/out":
				http.Redirect(w, r, other.URL+"/keys", http.StatusTemporaryRedirect)
			case err == nil && hops > 1:
				http.Redirect(w, r, fmt.Sprintf("/moved/%d", hops-1), http.StatusFound)
			case err == nil:
				_, _ = io.WriteString(w, *i.set.Load())
			default:
				i.serve(w, r)
			}
		})
		if status, body := me(guarded(oidc.NewStatelessAuthenticator(i.config(newClock()))), i.good(nil)); status != row.status {
			t.Errorf("%s: %d %s, want %d", name, status, body, row.status)
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("another host was asked %d times", elsewhere.Load())
	}
}

// TestHTTPS checks that a certificate that no authority vouches for is refused,
// and that keys are not accepted over plain HTTP from an issuer that has https.
func TestHTTPS(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	plain := i.URL
	secure := httptest.NewTLSServer(i)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer secure.Close()
	i.URL = secure.URL
	config := i.config(newClock())
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(config)), i.good(nil)); status != 503 {
		t.Errorf("unknown certificate: %d %s", status, body)
	}
	config.Transport = secure.Client().Transport
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(config)), i.good(nil)); status != 200 {
		t.Errorf("known certificate: %d %s", status, body)
	}
	i.does(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			_, _ = io.WriteString(w, `{"issuer":"`+i.URL+`","jwks_uri":"`+plain+`/keys"}`)
			return
		}
		i.serve(w, r)
	})
	before := i.sets.Load()
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(config)), i.good(nil)); status != 503 || i.sets.Load() != before {
		t.Errorf("keys over plain HTTP: %d %s, %d fetches", status, body, i.sets.Load()-before)
	}
}

// TestJWKSURL uses an issuer that publishes no configuration.
func TestJWKSURL(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	config.JWKSURL = i.URL + "/keys?secret=hunter2"
	var log bytes.Buffer
	h := guarded(oidc.NewStatelessAuthenticator(config), &log)
	if status, body := me(h, i.good(nil)); status != 200 || i.documents.Load() != 0 {
		t.Errorf("%d %s, %d configurations", status, body, i.documents.Load())
	}
	i.Close()
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if status, _ := me(guarded(oidc.NewStatelessAuthenticator(config), &log), i.good(nil)); status != 503 {
		t.Error(status)
	}
	if !strings.Contains(log.String(), "cannot be fetched") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("the log: %s", &log)
	}
}

// TestNoWayBackToHTTP checks that a redirect out of https is not followed, even
// on the same host.
func TestNoWayBackToHTTP(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	i.URL = "https://login.example.test"
	config := i.config(newClock())
	config.JWKSURL = "https://login.example.test/keys"
	for scheme, want := range map[string]int{"http": 503, "https": 200} {
		config.Transport = roundTrips(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			if r.URL.Path == "/keys" {
				http.Redirect(w, r, scheme+"://login.example.test/moved", http.StatusFound)
			} else {
				_, _ = io.WriteString(w, *i.set.Load())
			}
			return w.Result(), nil
		})
		if status, body := me(guarded(oidc.NewStatelessAuthenticator(config)), i.good(nil)); status != want {
			t.Errorf("to %s: %d %s", scheme, status, body)
		}
	}
}
