package drf

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// NumProxies names the client by DRF's setting NUM_PROXIES, for the Address of a policies.RateConfig: the n-th address from the
// right in X-Forwarded-For, or the first if there are fewer, or the peer if there is no such header. As many proxies, and no
// fewer, must add an address to it, or the client chooses what it is counted by. With n = 0 it is the peer, always.
//
// Addresses are compared as text, as in DRF: IPv6 addresses are not counted by network. Without this, Gin's trusted proxies do
// better. It panics if n is negative.
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

// fromRight returns the n-th item from the right, or the first.
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

// InsecureForwardedFor names the client as DRF does without NUM_PROXIES, for the Address of a policies.RateConfig: by the whole
// of X-Forwarded-For without white space, or by the peer if that is empty. Whoever sends another value with each request is never
// refused. It is for comparing with a server that does the same.
func InsecureForwardedFor(c *gin.Context) string {
	forwarded, _ := forwardedFor(c)
	if ident := strings.Join(strings.Fields(forwarded), ""); ident != "" {
		return ident
	}
	return c.RemoteIP()
}

// forwardedFor returns the header as WSGI does, repeated lines joined.
func forwardedFor(c *gin.Context) (value string, ok bool) {
	lines, ok := c.Request.Header["X-Forwarded-For"]
	return strings.Join(lines, ","), ok
}
