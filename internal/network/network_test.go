package network_test

import (
	"net/netip"
	"testing"

	"github.com/ginauth/ginauth/internal/network"
)

// TestOf checks that an IPv4 address is one network in every form, and that
// clients cannot invent such a form.
func TestOf(t *testing.T) {
	for _, row := range []struct{ address, want string }{
		{"203.0.113.7", "203.0.113.7/32"},
		{"::ffff:203.0.113.7", "203.0.113.7/32"},
		{"::ffff:0:203.0.113.7", "203.0.113.7/32"},
		{"64:ff9b::203.0.113.7", "203.0.113.7/32"},
		{"64:ff9b::198.51.100.7", "198.51.100.7/32"},
		{"64:ff9b::203.0.113.7%eth0", "203.0.113.7/32"},
		{"64:ff9b:1::203.0.113.7", "203.0.113.7/32"},
		{"64:ff9b:1:abcd::203.0.113.7", "203.0.113.7/32"},
		{"64:ff9b:1:cb00:71:700::", "64:ff9b:1:cb00::/64"}, // RFC 6052's layout for /48, whose length is unknown
		{"64:ff9b:2::203.0.113.7", "64:ff9b:2::/64"},
		{"64:ff9b:0:0:1::203.0.113.7", "64:ff9b::/64"},
		{"2002:cb00:7107::1", "203.0.113.7/32"},
		{"2002:cb00:7107:ffff:1234::1", "203.0.113.7/32"},
		{"2002:cb00:7108::1", "203.0.113.8/32"},
		{"2001:0:4136:e378:8000:63bf:34ff:8ef8", "203.0.113.7/32"},
		{"2001:0:7f00:1:0:0:34ff:8ef8", "203.0.113.7/32"},
		{"2001:db8:1:2::203.0.113.7", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:0:5efe:203.0.113.7", "2001:db8:1:2::/64"},   // ISATAP: chosen by the client
		{"2001:db8:1:2:200:5efe:203.0.113.7", "2001:db8:1:2::/64"}, // likewise
		{"2001:1::1", "2001:1::/64"},
		{"::203.0.113.7", "::/64"},
		{"::1", "::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	} {
		if got := network.Of(netip.MustParseAddr(row.address), 32, 64).String(); got != row.want {
			t.Errorf("%s is in %s, want %s", row.address, got, row.want)
		}
	}
	if got := network.Of(netip.Addr{}, 32, 64); got.IsValid() {
		t.Errorf("no address is in %s", got)
	}
	if got := network.Of(netip.MustParseAddr("64:ff9b::203.0.113.7"), 24, 48).String(); got != "203.0.113.0/24" {
		t.Error(got)
	}
}
