// Package network says which network of addresses counts as one client.
package network

import "net/netip"

// Of returns the network that counts as one client: the first ipv4 bits of
// an IPv4 address, or the first ipv6 bits of an IPv6 address. An IPv6 address
// in which a translator or a tunnel embeds an IPv4 address counts as that one:
//
//   - ::ffff:0:0/96 and ::ffff:0:0:0/96, IPv4-mapped and IPv4-translated (RFC
//     4291, RFC 7915);
//   - 64:ff9b::/96, and 64:ff9b:1::/48 where the last 32 bits hold the IPv4
//     address, of NAT64 (RFC 6052, RFC 8215);
//   - 2002::/16, of 6to4 (RFC 3056), which gives each IPv4 address 65,536
//     networks of 64 bits;
//   - 2001::/32, of Teredo (RFC 4380), where the first 64 bits are the
//     server's.
//
// In all of these, responses reach only the holder of the IPv4 address. Where
// clients choose what they embed, as in ISATAP's interface identifiers, the
// address counts as an IPv6 address. Of returns the zero Prefix for an
// invalid address, or a length that the address does not have.
func Of(address netip.Addr, ipv4, ipv6 int) netip.Prefix {
	address = embeddedIPv4(address.WithZone(""))
	bits := ipv6
	if address.Is4() {
		bits = ipv4
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

var (
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
)

// embeddedIPv4 returns the IPv4 address that an IPv6 address embeds, or the
// address itself.
func embeddedIPv4(address netip.Addr) netip.Addr {
	address = address.Unmap()
	if !address.Is6() {
		return address
	}
	b := address.As16()
	switch {
	case translated.Contains(address), nat64.Contains(address),
		localNAT64.Contains(address) && [4]byte(b[8:12]) == [4]byte{} && [4]byte(b[12:]) != [4]byte{}:
		return netip.AddrFrom4([4]byte(b[12:]))
	case sixToFour.Contains(address):
		return netip.AddrFrom4([4]byte(b[2:6]))
	case teredo.Contains(address):
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	}
	return address
}
