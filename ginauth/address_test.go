package ginauth_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// addressSite answers with the client's address.
func addressSite(t *testing.T, configure func(*gin.Engine)) *gin.Engine {
	t.Helper()
	engine, _ := newEngine(ginauth.PermissionClasses(anyone))
	configure(engine)
	engine.GET("/", func(c *gin.Context) { c.String(200, "%s", ginauth.ClientAddress(c)) })
	return engine
}

func trust(t *testing.T, networks ...string) func(*gin.Engine) {
	return func(e *gin.Engine) {
		if err := e.SetTrustedProxies(networks); err != nil {
			t.Error(err)
		}
	}
}

func addressOf(engine http.Handler, peer string, headers ...string) string {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = peer
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(name, strings.TrimPrefix(value, " "))
	}
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	return w.Body.String()
}

// TestElementsOfForwardedFor reads headers with what proxies write, and what
// clients write before that. The proxies are 10.0.0.0/8 and fd00::/8, and the
// peer is 10.0.0.1.
func TestElementsOfForwardedFor(t *testing.T) {
	engine := addressSite(t, trust(t, "10.0.0.0/8", "fd00::/8"))
	for _, row := range []struct{ forwarded, want string }{
		{"203.0.113.7", "203.0.113.7"},
		{"203.0.113.7:5678", "203.0.113.7"},
		{"203.0.113.7:0", "203.0.113.7"},
		{"203.0.113.7:_p1", "203.0.113.7"},
		{"\t 203.0.113.7:5678\t ", "203.0.113.7"},
		{`"203.0.113.7:5678"`, "203.0.113.7"},
		{"2001:db8::7", "2001:db8::7"},
		{"[2001:db8::7]", "2001:db8::7"},
		{"[2001:db8::7]:443", "2001:db8::7"},
		{`"[2001:db8::7]:4711"`, "2001:db8::7"},
		{"2001:db8::7:56789", "2001:db8::7"},
		{"2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2:3:4:5:6"},
		{"[fe80::7%eth0]:443", "fe80::7"},
		{"[fe80::7%25eth0]:443", "fe80::7"},
		{"fe80::7%eth0", "fe80::7"},
		{"::ffff:203.0.113.7", "203.0.113.7"},
		{"[::ffff:203.0.113.7]:80", "203.0.113.7"},
		{"::ffff:cb00:7107", "203.0.113.7"},

		{"9.9.9.9:1, 203.0.113.7:5678", "203.0.113.7"},
		{"9.9.9.9,203.0.113.7:5678,10.0.0.2:99", "203.0.113.7"},
		{"9.9.9.9, [2001:db8::7]:1, [fd00::1]:2, ::ffff:10.0.0.2", "2001:db8::7"},
		{"10.0.0.3:1, 10.0.0.2:2", "10.0.0.3"},
		{", 203.0.113.7:1", "203.0.113.7"},
		{"unknown, 203.0.113.7", "203.0.113.7"},

		{"9.9.9.9, unknown", "10.0.0.1"},
		{"9.9.9.9, unknown, 10.0.0.2", "10.0.0.2"},
		{"9.9.9.9, _hidden, 10.0.0.2:7, 10.0.0.3", "10.0.0.2"},
		{"9.9.9.9, , 10.0.0.2", "10.0.0.2"},
		{"9.9.9.9,", "10.0.0.1"},
		{"", "10.0.0.1"},
		{" , ", "10.0.0.1"},
		{"unknown", "10.0.0.1"},
		{"unix:", "10.0.0.1"},
		{"203.0.113.7:", "10.0.0.1"},
		{"203.0.113.7:x", "10.0.0.1"},
		{"203.0.113.7:65536", "10.0.0.1"},
		{"203.0.113.7:-1", "10.0.0.1"},
		{"203.0.113.7:80:80", "10.0.0.1"},
		{"203.0.113.7 9.9.9.9", "10.0.0.1"},
		{"[203.0.113.7]:80", "10.0.0.1"},
		{"[2001:db8::7", "10.0.0.1"},
		{"[2001:db8::7]443", "10.0.0.1"},
		{"[2001:db8::7]:", "10.0.0.1"},
		{"2001:db8::7]", "10.0.0.1"},
		{`"203.0.113.7`, "10.0.0.1"},
		{`"`, "10.0.0.1"},
		{"for=203.0.113.7", "10.0.0.1"},
		{"203.0.113.07", "10.0.0.1"},
		{"203.0.113.7%eth0", "10.0.0.1"},
		{"203.0.113.7\x00", "10.0.0.1"},
		{"２０３.0.113.7", "10.0.0.1"},
		{strings.Repeat("9.9.9.9,", 20000) + "203.0.113.7:1", "203.0.113.7"},
	} {
		if got := addressOf(engine, "10.0.0.1:1", "X-Forwarded-For: "+row.forwarded); got != row.want {
			t.Errorf("%.80q: %s, want %s", row.forwarded, got, row.want)
		}
		other := addressOf(engine, "10.0.0.1:1", "X-Forwarded-For: "+row.forwarded, "X-Real-IP: 9.9.9.9", "Forwarded: for=9.9.9.9")
		if other != row.want {
			t.Errorf("%.80q, and other headers: %s, want %s", row.forwarded, other, row.want)
		}
		if got := addressOf(engine, "192.0.2.1:1", "X-Forwarded-For: "+row.forwarded); got != "192.0.2.1" {
			t.Errorf("%.80q, of a stranger: %s", row.forwarded, got)
		}
	}
}

// TestWhichHeaderNamesTheClient checks that the first configured header of the
// request counts, and only from a trusted proxy.
func TestWhichHeaderNamesTheClient(t *testing.T) {
	const proxy, other = "10.0.0.1:1", "192.0.2.1:1"
	type lines = []string
	all := func(rules ...func(*gin.Engine)) func(*gin.Engine) {
		return func(e *gin.Engine) {
			for _, rule := range rules {
				rule(e)
			}
		}
	}
	proxies, noProxy, everyPeer := trust(t, "10.0.0.0/8"), trust(t), func(*gin.Engine) {}
	headers := func(names ...string) func(*gin.Engine) { return func(e *gin.Engine) { e.RemoteIPHeaders = names } }
	platform := func(e *gin.Engine) { e.TrustedPlatform = "X-Platform" }
	ignored := func(e *gin.Engine) { e.ForwardedByClientIP = false }
	for _, row := range []struct {
		name      string
		configure func(*gin.Engine)
		peer      string
		lines     lines
		want      string
	}{
		{"two lines are one list", proxies, proxy, lines{"X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 203.0.113.7:5"}, "203.0.113.7"},
		{"three lines", proxies, proxy,
			lines{"X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.0.0.2"},
			"203.0.113.7"},
		{"the last line is empty", proxies, proxy, lines{"X-Forwarded-For: 9.9.9.9", "X-Forwarded-For:"}, "10.0.0.1"},
		{"the second header, alone", proxies, proxy, lines{"X-Real-IP: 203.0.113.7:5"}, "203.0.113.7"},
		{"the second header twice", proxies, proxy, lines{"X-Real-IP: 9.9.9.9", "X-Real-IP: 203.0.113.7"}, "203.0.113.7"},
		{"the second header beside the first", proxies, proxy, lines{"X-Real-IP: 9.9.9.9", "X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"beside an empty first one", proxies, proxy, lines{"X-Real-IP: 9.9.9.9", "X-Forwarded-For:"}, "10.0.0.1"},
		{"another order", all(proxies, headers("x-real-ip", "x-forwarded-for")), proxy,
			lines{"X-Real-IP: 203.0.113.7", "X-Forwarded-For: 9.9.9.9"}, "203.0.113.7"},
		{"one header", all(proxies, headers("X-Forwarded-For")), proxy, lines{"X-Real-IP: 9.9.9.9"}, "10.0.0.1"},
		{"a header of one's own", all(proxies, headers("X-Client")), proxy,
			lines{"X-Client: 203.0.113.7:1", "X-Forwarded-For: 9.9.9.9"}, "203.0.113.7"},
		{"no header", all(proxies, headers()), proxy, lines{"X-Forwarded-For: 9.9.9.9"}, "10.0.0.1"},
		{"headers ignored", all(proxies, ignored), proxy, lines{"X-Forwarded-For: 9.9.9.9"}, "10.0.0.1"},
		{"Forwarded is not read", all(proxies, headers("Forwarded")), proxy, lines{"Forwarded: for=203.0.113.7"}, "10.0.0.1"},
		{"no proxy is trusted", noProxy, other, lines{"X-Forwarded-For: 9.9.9.9", "X-Real-IP: 9.9.9.9"}, "192.0.2.1"},
		{"every peer", everyPeer, other, lines{"X-Forwarded-For: 9.9.9.9:1", "X-Real-IP: 9.9.9.9"}, "192.0.2.1"},
		{"half of all peers", trust(t, "128.0.0.0/1"), other, lines{"X-Forwarded-For: 9.9.9.9"}, "192.0.2.1"},
		{"the public half of IPv6", trust(t, "2000::/3"), "[2001:db8::1]:1", lines{"X-Forwarded-For: 9.9.9.9"}, "2001:db8::1"},
		{"every peer, mapped", trust(t, "::ffff:0:0/96"), other, lines{"X-Forwarded-For: 9.9.9.9"}, "192.0.2.1"},
		{"a mapped proxy", trust(t, "::ffff:10.0.0.0/104"), proxy, lines{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"a mapped peer", proxies, "[::ffff:10.0.0.1]:1", lines{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"the private networks", trust(t, "10.0.0.0/8", "fc00::/7"), proxy, lines{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},

		{"platform, no proxies named", all(platform, everyPeer), other,
			lines{"X-Platform: 203.0.113.7:5", "X-Forwarded-For: 9.9.9.9"}, "203.0.113.7"},
		{"platform, no proxies", all(platform, noProxy), other, lines{"X-Platform: [2001:db8::7]:5"}, "2001:db8::7"},
		{"platform, absent", all(platform, proxies), proxy, lines{"X-Forwarded-For: 9.9.9.9", "X-Real-IP: 9.9.9.9"}, "10.0.0.1"},
		{"platform, no address", all(platform, proxies), proxy, lines{"X-Platform: unknown", "X-Forwarded-For: 9.9.9.9"}, "10.0.0.1"},
		{"platform, empty", all(platform, proxies), proxy, lines{"X-Platform:", "X-Forwarded-For: 9.9.9.9"}, "10.0.0.1"},
		{"platform, its own peer", all(platform, proxies), proxy, lines{"X-Platform: 203.0.113.7"}, "203.0.113.7"},
		{"platform, past it", all(platform, proxies), other, lines{"X-Platform: 9.9.9.9"}, "192.0.2.1"},
		{"platform, a line of the client before it", all(platform, proxies), proxy,
			lines{"X-Platform: 9.9.9.9", "X-Platform: 203.0.113.7"}, "203.0.113.7"},
	} {
		engine := addressSite(t, row.configure)
		for range 2 { // the settings are kept
			if got := addressOf(engine, row.peer, row.lines...); got != row.want {
				t.Errorf("%s: %s, want %s", row.name, got, row.want)
			}
		}
	}
}

// TestClientAddressOnAUnixSocket checks that the peer counts as a proxy, unless
// the engine trusts every peer, and has no address.
func TestClientAddressOnAUnixSocket(t *testing.T) {
	for _, row := range []struct {
		name      string
		configure func(*gin.Engine)
		forwarded string
		want      string
	}{
		{"only the peer", trust(t), "9.9.9.9, 203.0.113.7:5", "203.0.113.7"},
		{"a proxy before it", trust(t, "10.0.0.0/8"), "203.0.113.7:5, 10.0.0.1", "203.0.113.7"},
		{"no address", trust(t), "9.9.9.9, unknown", "invalid IP"},
		{"no header", trust(t), "", "invalid IP"},
		{"every peer", func(*gin.Engine) {}, "203.0.113.7", "invalid IP"},
	} {
		path := filepath.Join(t.TempDir(), "s")
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(addressSite(t, row.configure))
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}}}
		r, _ := http.NewRequest("GET", "http://unix/", nil)
		if row.forwarded != "" {
			r.Header.Set("X-Forwarded-For", row.forwarded)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var body [64]byte
		n, _ := answer.Body.Read(body[:])
		_ = answer.Body.Close()
		server.Close()
		if got := string(body[:n]); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func FuzzForwardedFor(f *testing.F) {
	gin.SetMode(gin.TestMode)
	engine, _ := newEngine(ginauth.PermissionClasses(anyone))
	_ = engine.SetTrustedProxies([]string{"10.0.0.0/8"})
	engine.GET("/", func(c *gin.Context) { c.String(200, "%s", ginauth.ClientAddress(c)) })
	for _, seed := range []string{"", "1.2.3.4:5", `"[::1]:2"`, "[", "]:", `""`, ",,", "::", ":", "fe80::1%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, forged string) {
		if got := addressOf(engine, "10.0.0.1:1", "X-Forwarded-For: "+forged+", 203.0.113.7:80"); got != "203.0.113.7" {
			t.Errorf("%q: %s", forged, got)
		}
	})
}
