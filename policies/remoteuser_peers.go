package policies

import (
	"net"
	"net/http"
	"net/netip"
)

// trustedPeers are the proxies whose headers are believed, see
// [RemoteUserConfig].
type trustedPeers struct {
	addresses  []netip.Prefix
	unixSocket bool
	every      bool
}

// checked returns a copy of p in the form in which addresses are compared. It
// panics if p is unfit.
func (p trustedPeers) checked(constructor string) trustedPeers {
	if len(p.addresses) == 0 && !p.unixSocket && !p.every {
		panic("policies: " + constructor + ": Peers must say whose header is believed, e.g. " +
			`[]netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}`)
	}
	addresses := make([]netip.Prefix, len(p.addresses))
	for i, prefix := range p.addresses {
		if prefix.Addr().Is4In6() {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		if !prefix.IsValid() || prefix.Bits() == 0 {
			panic("policies: " + constructor + ": the trusted address " + p.addresses[i].String() +
				" is invalid or everybody's; for the latter set InsecureEveryPeer")
		}
		addresses[i] = prefix
	}
	p.addresses = addresses
	return p
}

// trust reports whether the request was sent by a trusted peer.
func (p trustedPeers) trust(r *http.Request) bool {
	if p.every {
		return true
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() == "unix" {
		return p.unixSocket
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap().WithZone("")
	for _, prefix := range p.addresses {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
