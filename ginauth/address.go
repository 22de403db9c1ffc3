package ginauth

import (
	"net/netip"

	"github.com/gin-gonic/gin"
)

// ClientAddress returns the address of the client, as far as it can be
// believed: that of the peer, or, where the peer is one of the engine's trusted
// proxies, the one that it vouches for.
//
//   - Each element of X-Forwarded-For may have a port: 203.0.113.7:5678,
//     [2001:db8::1]:443. Several header lines are one list.
//   - The list is read from its end, up to the first address that is no trusted
//     proxy. An element that cannot be read ends the search at the hop before
//     it, which is the peer at the latest.
//   - Of the engine's RemoteIPHeaders the first one in the request counts. The
//     others are not looked at, whatever is in it.
//   - TrustedPlatform stands in place of RemoteIPHeaders. Where the engine
//     names proxies, they alone are believed about it; otherwise every peer is.
//   - While the engine trusts everybody, as Gin does until SetTrustedProxies is
//     called, RemoteIPHeaders are the client's to invent and not read. Nor are
//     they on a route without a guard.
//
// IPv4 addresses are of 4 bytes, and there is no zone. The address is invalid
// if it is not known, as that of a peer on a Unix socket. It can differ from
// Gin's ClientIP, which Gin's log shows. The engine's settings are read at the
// first request.
func ClientAddress(c *gin.Context) netip.Addr {
	peer, err := netip.ParseAddr(c.RemoteIP())
	if err == nil {
		peer = plainAddress(peer)
	}
	if b := bindingOf(c); b != nil {
		return b.auth.proxies().client(c.Request, peer)
	}
	return peer
}

// proxies returns what the engine believes about addresses.
func (a *Auth) proxies() *proxies {
	p := a.trusted.Load()
	if p == nil {
		p = proxiesOf(a.engine)
		a.trusted.Store(p)
	}
	return p
}
