package drf

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// NumProxies identifies the client as DRF does with its setting NUM_PROXIES,
// for the Address of a policies.RateConfig: by the n-th address from the right
// in X-Forwarded-For, or the first if there are fewer, or the peer if there is
// no such header. At least n proxies must add an address to the header; with
// fewer, the client chooses the address by which it is counted. With n = 0 it
// is always the peer.
//
// Addresses are compared as text, as in DRF: IPv6 addresses are not counted by
// network. Where compatibility with DRF is not needed, Gin's trusted proxies
// are the better choice. NumProxies panics if n is negative.
func NumProxies(n int) func(c *gin.Context) string {
	if n < 0 {
		panic("drf: NumProxies was given " + strconv.Itoa(n) + "; it counts the proxies in front of the application")
	}
	return func(c *gin.Context) string {
		forwarded, ok := forwardedFor(c)
		if n == 0 || !ok {
			return c.RemoteIP()
		}
		return strings.TrimSpace(fromRight(forwarded, n))
	}
}

// fromRight returns the n-th item from the right, or the first if there are
// fewer.
func fromRight(list string, n int) string {
	for range n - 1 {
		comma := strings.LastIndexByte(list, ',')
		if comma < 0 {
			return list
		}
		list = list[:comma]
	}
	return list[strings.LastIndexByte(list, ',')+1:]
}

// InsecureForwardedFor identifies the client as DRF does without NUM_PROXIES,
// for the Address of a policies.RateConfig: by the whole of X-Forwarded-For
// without white space, or by the peer if that is empty. A client that sends
// another value with each request is never refused. Use it only for comparison
// with a server that does the same.
func InsecureForwardedFor(c *gin.Context) string {
	forwarded, _ := forwardedFor(c)
	if ident := strings.Join(strings.Fields(forwarded), ""); ident != "" {
		return ident
	}
	return c.RemoteIP()
}

// forwardedFor returns the header as WSGI does, with repeated lines joined.
func forwardedFor(c *gin.Context) (value string, ok bool) {
	lines, ok := c.Request.Header["X-Forwarded-For"]
	return strings.Join(lines, ","), ok
}
