package drf_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/policies/drf"
)

// TestIdent compares the rules with the answers of DRF's
// BaseThrottle.get_ident, with NUM_PROXIES None, 0, 1, 2 and 3.
func TestIdent(t *testing.T) {
	const peer = "192.0.2.1"
	for _, row := range []struct {
		forwarded []string // lines
		want      [5]string
	}{
		{nil, [5]string{peer, peer, peer, peer, peer}},
		{[]string{""}, [5]string{peer, peer, "", "", ""}},
		{[]string{"203.0.113.1"}, [5]string{"203.0.113.1", peer, "203.0.113.1", "203.0.113.1", "203.0.113.1"}},
		{[]string{"9.9.9.9, 203.0.113.1"}, [5]string{"9.9.9.9,203.0.113.1", peer, "203.0.113.1", "9.9.9.9", "9.9.9.9"}},
		{[]string{"9.9.9.9,8.8.8.8 ,\t203.0.113.1"}, [5]string{"9.9.9.9,8.8.8.8,203.0.113.1", peer, "203.0.113.1", "8.8.8.8", "9.9.9.9"}},
		{[]string{"9.9.9.9,8.8.8.8", "203.0.113.1"}, [5]string{"9.9.9.9,8.8.8.8,203.0.113.1", peer, "203.0.113.1", "8.8.8.8", "9.9.9.9"}},
		{[]string{"a b"}, [5]string{"ab", peer, "a b", "a b", "a b"}},
		{[]string{"a\tb , c"}, [5]string{"ab,c", peer, "c", "a\tb", "a\tb"}},
		{[]string{","}, [5]string{",", peer, "", "", ""}},
		{[]string{",,"}, [5]string{",,", peer, "", "", ""}},
		{[]string{"203.0.113.1,"}, [5]string{"203.0.113.1,", peer, "", "203.0.113.1", "203.0.113.1"}},
		{[]string{" , 203.0.113.1"}, [5]string{",203.0.113.1", peer, "203.0.113.1", "", ""}},
		{[]string{"2001:db8::1, ::1"}, [5]string{"2001:db8::1,::1", peer, "::1", "2001:db8::1", "2001:db8::1"}},
		{[]string{"unknown"}, [5]string{"unknown", peer, "unknown", "unknown", "unknown"}},
	} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		if row.forwarded != nil {
			c.Request.Header["X-Forwarded-For"] = row.forwarded
		}
		got := [5]string{drf.InsecureForwardedFor(c), drf.NumProxies(0)(c), drf.NumProxies(1)(c), drf.NumProxies(2)(c), drf.NumProxies(3)(c)}
		if got != row.want {
			t.Errorf("%q: got %q, want %q", row.forwarded, got, row.want)
		}
	}
}
