package ginauth

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

// ClientAddress returns the address of the client, as far as it can be trusted:
// that of the peer or, if the peer is one of the engine's trusted proxies, the
// one that the proxy reports.
//
//   - Each element of X-Forwarded-For may have a port: 203.0.113.7:5678,
//     [2001:db8::1]:443. Several header lines are one list.
//   - The list is read from its end, up to the first address that is not a
//     trusted proxy. An element that cannot be read ends the search at the hop
//     before it, which may be the peer.
//   - The first of the engine's RemoteIPHeaders in the request counts. The
//     others are ignored, whatever it contains.
//   - TrustedPlatform replaces RemoteIPHeaders. If the engine names proxies, it
//     is read only from them; otherwise from every peer.
//   - RemoteIPHeaders are ignored while the engine trusts every peer, as Gin
//     does until SetTrustedProxies is called, since clients can invent them.
//     They are also ignored on a route without a guard.
//
// IPv4 addresses have 4 bytes, and there is no zone. The address is invalid if
// it is unknown, such as that of a peer on a Unix socket. It can differ from
// Gin's ClientIP, which Gin's log shows. The engine's settings are read at the
// first request.
func ClientAddress(c *gin.Context) netip.Addr {
	var a *Auth
	if b := bindingOf(c); b != nil {
		a = b.auth
	}
	return clientAddress(a, c.Request)
}

// clientAddress is [ClientAddress] for a request whose guard belongs to a, or
// nil.
func clientAddress(a *Auth, r *http.Request) netip.Addr {
	peer := peerAddress(r)
	if a == nil {
		return peer
	}
	return a.proxies().client(r, peer)
}

// peerAddress returns the address of the peer, as Gin's RemoteIP does.
func peerAddress(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(strings.TrimSpace(r.RemoteAddr))
	if err != nil {
		return netip.Addr{}
	}
	peer, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return plainAddress(peer)
}

// proxies returns the engine's settings about addresses.
func (a *Auth) proxies() *proxies {
	p := a.trusted.Load()
	if p == nil {
		p = proxiesOf(a.engine)
		a.trusted.Store(p)
	}
	return p
}
