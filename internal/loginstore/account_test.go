package loginstore_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// TestNamesThatAreOne has rows of names that share a counter with each other,
// and with no name of another row.
func TestNamesThatAreOne(t *testing.T) {
	seen := map[loginstore.Account]string{}
	for _, row := range [][]string{
		{"alice", "ALICE", "Alice", " alice", "alice \t\n", "\u00a0alice\u3000", "ａｌｉｃｅ", "Ａｌｉｃｅ",
			"al\u200bice", "alice\u200d", "a\u00adlice", "\ufeffalice", "ali\x00ce",
			"alice\u034f", "a\ufe0flice", "a\u3164lice", "a\u180blice", "a\U000e0100lice"},
		{"josé", "jose\u0301", "JOSÉ", "JOSE\u0301"},
		{"straße", "STRASSE", "strasse", "STRAẞE"},
		{"ﬁn", "fin", "FIN"},
		{"alice smith", "alice  smith", " Alice\tSmith ", "alice\u2003smith"},
		{"Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"Ⅷ", "viii"}, {"①", "1"}, {"ℌallo", "hallo", "𝐇ALLO"}, {"ᾳ", "αι", "\u1fbc", "\u0391\u0345"},
		{"", " ", "\t", "\u200b"},
		{"alicesmith"}, {"jose"}, {"al1ce"}, {"аlice"}, // the last with a Cyrillic letter, which is another user's name
		{strings.Repeat("x", 4096), strings.Repeat("x", 1<<20), strings.Repeat("x", 4096) + "y"},
	} {
		want := loginstore.AccountOf(row[0])
		if other, taken := seen[want]; taken {
			t.Errorf("%.20q and %.20q are one account", row[0], other)
		}
		seen[want] = row[0]
		for _, name := range row {
			if loginstore.AccountOf(name) != want {
				t.Errorf("%.20q is %q, not %q", name, loginstore.Normalised(name), loginstore.Normalised(row[0]))
			}
		}
	}
}

func FuzzAccountOf(f *testing.F) {
	for _, name := range []string{"alice", "\u0345\u0391", "\xff", "ﷺ", "İ", "\u1e9e", strings.Repeat("ﷺ", 2000)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := loginstore.Normalised(name)
		if twice := loginstore.Normalised(once); twice != once {
			t.Errorf("%q becomes %q, and that %q", name, once, twice)
		}
		if len(name) < 1000 && loginstore.AccountOf(" "+name+"\t") != loginstore.AccountOf(name) {
			t.Errorf("%q: blanks make another account", name)
		}
	})
}

func TestAccountsAndNetworksAsText(t *testing.T) {
	a := loginstore.AccountOf("alice")
	if back, ok := loginstore.ParseAccount(a.String()); !ok || back != a || len(a.String()) != 64 {
		t.Errorf("%s becomes %s", a, back)
	}
	for _, bad := range []string{"", "0", a.String() + "0", a.String()[1:], strings.Repeat("x", 64)} {
		if _, ok := loginstore.ParseAccount(bad); ok {
			t.Errorf("%q is an account", bad)
		}
	}
	for _, network := range []netip.Prefix{{}, netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:1:2::/64"),
		netip.MustParsePrefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")} {
		text := loginstore.NetworkText(network)
		if back, ok := loginstore.ParseNetwork(text); !ok || back != network || len(text) > 49 {
			t.Errorf("%s becomes %s", text, back)
		}
	}
	if _, ok := loginstore.ParseNetwork("somewhere"); ok {
		t.Error("somewhere is a network")
	}
}
