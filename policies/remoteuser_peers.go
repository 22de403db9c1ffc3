package policies

import (
	"net"
	"net/http"
	"net/netip"
)

// TrustedPeers are the proxies whose headers are believed. A peer is the other
// end of the connection, whatever X-Forwarded-For says.
type TrustedPeers struct {
	Addresses []netip.Prefix // e.g. netip.MustParsePrefix("10.0.0.7/32"); not of length 0
	// every peer that connects through a socket file of this machine, on which
	// the server listens
	UnixSocket bool
	// any peer: only where no client but the proxy can reach the server
	InsecureEveryPeer bool
}

// checked returns a copy of p in the form in which addresses are compared. It
// panics if p is unfit.
func (p TrustedPeers) checked(constructor string) TrustedPeers {
	if len(p.Addresses) == 0 && !p.UnixSocket && !p.InsecureEveryPeer {
		panic("policies: " + constructor + ": Peers must say whose header is believed, e.g. " +
			`policies.TrustedPeers{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}}`)
	}
	addresses := make([]netip.Prefix, len(p.Addresses))
	for i, prefix := range p.Addresses {
		if prefix.Addr().Is4In6() {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		if !prefix.IsValid() || prefix.Bits() == 0 {
			panic("policies: " + constructor + ": the trusted address " + p.Addresses[i].String() +
				" is invalid or everybody's; for the latter set InsecureEveryPeer")
		}
		addresses[i] = prefix
	}
	p.Addresses = addresses
	return p
}

// trust reports whether the request was sent by a trusted peer.
func (p TrustedPeers) trust(r *http.Request) bool {
	if p.InsecureEveryPeer {
		return true
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() == "unix" {
		return p.UnixSocket
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap().WithZone("")
	for _, prefix := range p.Addresses {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
