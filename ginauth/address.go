package ginauth

import (
	"net/netip"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// ClientAddress returns the address of the client, as far as it can be believed: Gin's ClientIP, which reads X-Forwarded-For if
// the peer is one of the engine's trusted proxies. While the engine trusts everybody, which is Gin's default until
// SetTrustedProxies is called, it is the peer's own, since that header is then the client's to invent; so it is on a route
// without a guard. IPv4 addresses are of 4 bytes, and there is no zone. The address is invalid if it is not known.
func ClientAddress(c *gin.Context) netip.Addr {
	text := ""
	if b := bindingOf(c); b != nil {
		text = b.auth.forwardedAddress(c)
	}
	if text == "" {
		text = c.RemoteIP()
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// forwardedAddress is Gin's ClientIP, where that is not the client's to invent. It may be empty.
func (a *Auth) forwardedAddress(c *gin.Context) string {
	if a.proxies.everybody(a.engine) {
		if a.engine.TrustedPlatform == "" {
			return ""
		}
		return c.GetHeader(a.engine.TrustedPlatform) // a header that the application has named itself
	}
	return c.ClientIP()
}

// proxyTrust remembers, from the first request on, whether the engine trusts every proxy.
type proxyTrust struct{ state atomic.Int32 }

const (
	trustUnknown int32 = iota
	trustsSome
	trustsEverybody
)

func (t *proxyTrust) everybody(engine *gin.Engine) bool {
	state := t.state.Load()
	if state == trustUnknown {
		state = trustsSome
		if trustsEveryProxy(engine) {
			state = trustsEverybody
		}
		t.state.Store(state)
	}
	return state == trustsEverybody
}
