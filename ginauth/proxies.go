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
	networks  []*net.IPNet // whose word is taken
	everybody bool         // whether they are so wide that a client is among them
	platform  string       // Gin's TrustedPlatform
	headers   []string     // where they name the client
}

// proxiesOf reads the settings of an engine.
func proxiesOf(engine *gin.Engine) *proxies {
	networks, known := trustedNetworks(engine)
	p := &proxies{networks: networks, platform: engine.TrustedPlatform}
	p.everybody = !known || slices.ContainsFunc(networks, tooWide)
	switch {
	case p.platform != "":
		p.headers = []string{p.platform}
	case engine.ForwardedByClientIP:
		p.headers = slices.Clone(engine.RemoteIPHeaders)
	}
	return p
}

// tooWide reports whether clients are in a network that is meant for proxies:
// whether it has the unspecified address, as in Gin, or is wider than the
// widest private networks, 10.0.0.0/8 and fc00::/7.
func tooWide(network *net.IPNet) bool {
	ones, bits := network.Mask.Size()
	least := 7
	if network.IP.To4() != nil {
		ones, least = ones-(bits-32), 8
	}
	return ones < least || network.Contains(net.IPv4zero) || network.Contains(net.IPv6zero)
}

// named reports whether the application has said which peers are proxies.
func (p *proxies) named() bool { return len(p.networks) > 0 && !p.everybody }

// check returns by what a client can choose its address.
func (p *proxies) check() string {
	switch {
	case p.platform != "" && !p.named():
		return "every peer is believed about the TrustedPlatform " + p.platform + ", also a client that goes past the platform: " +
			"call SetTrustedProxies with the addresses from which the platform connects"
	case len(p.headers) > 0 && p.everybody:
		return "Gin trusts every proxy: call SetTrustedProxies, with nil if there is none; until then the address is the peer's"
	case slices.ContainsFunc(p.headers, func(name string) bool { return strings.EqualFold(name, "Forwarded") }) && p.named():
		return "the header Forwarded is not read: set RemoteIPHeaders to the header that the proxy sets, such as X-Forwarded-For"
	case len(p.headers) > 1 && p.named():
		return "Gin believes " + strings.Join(p.headers, " and ") + ", of which a client can send the one that the proxy does not set: " +
			`set RemoteIPHeaders to the one that it sets, such as []string{"X-Forwarded-For"}`
	}
	return ""
}

// client follows the header from its end, hop by hop, for as long as the hop is
// one whose word is taken.
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

// list returns the header that counts, all lines of it.
func (p *proxies) list(r *http.Request) string {
	for _, name := range p.headers {
		if lines := r.Header.Values(name); len(lines) > 0 {
			return strings.Join(lines, ",")
		}
	}
	return ""
}

// trustsPeer reports whether the other end of the connection is believed. As in
// Gin that is so on a Unix socket.
func (p *proxies) trustsPeer(r *http.Request, peer netip.Addr) bool {
	switch {
	case p.platform != "" && !p.named():
		return true
	case p.everybody:
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && strings.HasPrefix(local.Network(), "unix") || p.trusts(peer)
}

func (p *proxies) trusts(hop netip.Addr) bool {
	if p.everybody || !hop.IsValid() {
		return false
	}
	ip := net.IP(hop.AsSlice())
	return slices.ContainsFunc(p.networks, func(network *net.IPNet) bool { return network.Contains(ip) })
}
