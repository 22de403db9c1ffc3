package ginauth

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseHop reads an element of X-Forwarded-For as proxies write it: an address,
// with or without a port, the quotes of RFC 7239 and, around IPv6 addresses,
// brackets. ok is false for anything else, such as "unknown", the hidden names
// of RFC 7239 section 6.3, or an empty element.
func parseHop(element string) (address netip.Addr, ok bool) {
	text := strings.Trim(element, " \t")
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if inside, found := strings.CutPrefix(text, "["); found {
		inside, port, closed := strings.Cut(inside, "]")
		address, err := netip.ParseAddr(inside)
		ok := closed && err == nil && address.Is6() && (port == "" || port[0] == ':' && isPort(port[1:]))
		return plainAddress(address), ok
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return plainAddress(address), true
	}
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 || !isPort(text[colon+1:]) {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(text[:colon])
	return plainAddress(address), err == nil
}

// isPort reports whether text is a port, possibly a hidden one (RFC 7239:
// obfport).
func isPort(text string) bool {
	if hidden, found := strings.CutPrefix(text, "_"); found {
		return hidden != ""
	}
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// plainAddress returns the form in which addresses are compared.
func plainAddress(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
