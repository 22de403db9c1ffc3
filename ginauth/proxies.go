package ginauth

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// proxies are an engine's settings about addresses.
type proxies struct {
	networks  []*net.IPNet // those of trusted proxies
	everyPeer bool         // the networks are so wide that they include clients
	platform  string       // Gin's TrustedPlatform
	headers   []string     // that name the client
}

// proxiesOf reads the settings of an engine.
func proxiesOf(engine *gin.Engine) *proxies {
	networks, known := trustedNetworks(engine)
	p := &proxies{networks: networks, platform: engine.TrustedPlatform}
	p.everyPeer = !known || slices.ContainsFunc(networks, tooWide)
	switch {
	case p.platform != "":
		p.headers = []string{p.platform}
	case engine.ForwardedByClientIP:
		p.headers = slices.Clone(engine.RemoteIPHeaders)
	}
	return p
}

// tooWide reports whether a network meant for proxies includes clients: it
// contains the unspecified address, as Gin's default does, or is wider than the
// widest private networks, 10.0.0.0/8 and fc00::/7.
func tooWide(network *net.IPNet) bool {
	ones, bits := network.Mask.Size()
	least := 7
	if network.IP.To4() != nil {
		ones, least = ones-(bits-32), 8
	}
	return ones < least || network.Contains(net.IPv4zero) || network.Contains(net.IPv6zero)
}

// named reports whether the application has named its proxies.
func (p *proxies) named() bool { return len(p.networks) > 0 && !p.everyPeer }

// check describes how clients can choose their address, or returns "".
func (p *proxies) check() string {
	forwarded := func(header string) bool { return strings.EqualFold(header, "Forwarded") }
	switch {
	case p.platform != "" && !p.named():
		return "the TrustedPlatform " + p.platform + " is read from every peer, " +
			"even a client that bypasses the platform: " +
			"call SetTrustedProxies with the addresses from which the platform connects"
	case len(p.headers) > 0 && p.everyPeer:
		return "Gin trusts every proxy: call SetTrustedProxies, with nil if there are no proxies; " +
			"until then the address is the peer's"
	case slices.ContainsFunc(p.headers, forwarded) && p.named():
		return "the header Forwarded is not read: " +
			"set RemoteIPHeaders to the header that the proxy sets, such as X-Forwarded-For"
	case len(p.headers) > 1 && p.named():
		return "Gin trusts " + strings.Join(p.headers, " and ") +
			", and a client can send those that the proxy does not set: " +
			`set RemoteIPHeaders to the one that the proxy sets, such as []string{"X-Forwarded-For"}`
	}
	return ""
}

// client follows the header from its end, hop by hop, as long as the hop is
// trusted.
func (p *proxies) client(r *http.Request, hop netip.Addr) netip.Addr {
	list, trusted := p.list(r), p.trustsPeer(r, hop)
	for more := list != ""; trusted && more; trusted = p.trusts(hop) {
		comma := strings.LastIndexByte(list, ',')
		before, ok := parseHop(list[comma+1:])
		if !ok {
			break
		}
		hop, more = before, comma >= 0
		list = list[:max(comma, 0)]
	}
	return hop
}

// list returns all lines of the header that counts, joined.
func (p *proxies) list(r *http.Request) string {
	for _, name := range p.headers {
		if lines := r.Header.Values(name); len(lines) > 0 {
			return strings.Join(lines, ",")
		}
	}
	return ""
}

// trustsPeer reports whether the peer of the connection is trusted. As in Gin,
// peers on a Unix socket are.
func (p *proxies) trustsPeer(r *http.Request, peer netip.Addr) bool {
	switch {
	case p.platform != "" && !p.named():
		return true
	case p.everyPeer:
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && strings.HasPrefix(local.Network(), "unix") || p.trusts(peer)
}

// isPeer reports whether the peer is a proxy that the application has named, or
// on a Unix socket.
func (p *proxies) isPeer(r *http.Request) bool {
	return (p.platform == "" || p.named()) && p.trustsPeer(r, peerAddress(r))
}

func (p *proxies) trusts(hop netip.Addr) bool {
	if p.everyPeer || !hop.IsValid() {
		return false
	}
	ip := net.IP(hop.AsSlice())
	return slices.ContainsFunc(p.networks, func(network *net.IPNet) bool { return network.Contains(ip) })
}
