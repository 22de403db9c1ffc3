package oidc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/policies/oidc"
)

// provider is a real provider, made with Node's package oidc-provider, behind a
// proxy that can cut it off and counts its requests.
type provider struct {
	*httptest.Server
	process *djangotest.Process
	cut     atomic.Bool
	sets    atomic.Int64
}

func startProvider(t *testing.T) *provider {
	t.Helper()
	if _, err := os.Stat("testdata/provider/node_modules/oidc-provider"); err != nil {
		t.Skipf("SKIPPED: run npm ci in policies/oidc/testdata/provider to run this test with a real OpenID provider: %v", err)
	}
	p := &provider{process: djangotest.Start(t, exec.CommandContext(t.Context(), "node", "testdata/provider/provider.mjs"))}
	var target *url.URL
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.cut.Load() {
			down(w, r)
			return
		}
		if r.URL.Path == "/jwks" {
			p.sets.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	port := p.process.Call(t, "serve", p.URL, "first")
	target = must(url.Parse(fmt.Sprintf("http://127.0.0.1:%v", port)))
	return p
}

// token obtains an access token with the client's credentials.
func (p *provider) token(t *testing.T, algorithm string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}, "resource": {audience + "/" + algorithm}}
	r := must(http.NewRequestWithContext(t.Context(), "POST", p.URL+"/token", strings.NewReader(form.Encode())))
	r.SetBasicAuth("service", "secret")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := must(http.DefaultClient.Do(r))
	defer answer.Body.Close()
	body := must(io.ReadAll(answer.Body))
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &granted); err != nil || granted.AccessToken == "" {
		t.Fatalf("%s: %v", body, err)
	}
	return granted.AccessToken
}

// TestRealProvider obtains tokens from a certified OpenID provider, rotates its
// keys and cuts it off.
func TestRealProvider(t *testing.T) {
	p := startProvider(t)
	var moved atomic.Int64
	config := oidc.Config{Issuer: p.URL, Audience: []string{audience}, Types: []string{"at+jwt"},
		Now: func() time.Time { return time.Now().Add(time.Duration(moved.Load())) }}
	h := guarded(oidc.NewStatelessAuthenticator(config))
	first := map[string]string{}
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		first[algorithm] = p.token(t, algorithm)
		if status, who := me(h, first[algorithm]); status != 200 || who != "service of "+p.URL {
			t.Errorf("%s: %d %s", algorithm, status, who)
		}
	}
	if p.sets.Load() != 1 {
		t.Errorf("%d fetches", p.sets.Load())
	}
	other := config
	other.Audience = []string{"https://other.example.test"}
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(other)), first["RS256"]); status != 401 {
		t.Errorf("for another audience: %d %s", status, body)
	}
	stranger := newIssuer(t, jwk("first-RS256", rsaKey()))
	if status, body := me(guarded(oidc.NewStatelessAuthenticator(stranger.config(newClock()))), first["RS256"]); status != 401 {
		t.Errorf("of another issuer: %d %s", status, body)
	}

	p.process.Call(t, "serve", p.URL, "second")
	second := p.token(t, "ES256")
	moved.Add(int64(10 * time.Second))
	if status, body := me(h, second); status != 200 {
		t.Errorf("after its keys were rotated: %d %s", status, body)
	}
	if status, body := me(h, first["ES256"]); status != 401 {
		t.Errorf("of a key that it has withdrawn: %d %s", status, body)
	}

	p.process.Call(t, "serve", p.URL, "third")
	third := p.token(t, "EdDSA")
	p.cut.Store(true)
	moved.Add(int64(10 * time.Second))
	if status, body := me(h, second); status != 200 {
		t.Errorf("cut off, known key: %d %s", status, body)
	}
	if status, body := me(h, third); status != 503 {
		t.Errorf("cut off, unknown key: %d %s", status, body)
	}
	p.cut.Store(false)
	moved.Add(int64(10 * time.Second))
	if status, body := me(h, third); status != 200 {
		t.Errorf("back again: %d %s", status, body)
	}
	moved.Add(int64(11 * time.Minute))
	if status, body := me(h, third); status != 401 {
		t.Errorf("expired: %d %s", status, body)
	}
}
