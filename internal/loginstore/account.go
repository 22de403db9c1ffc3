package loginstore

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Account identifies a user name in the counters: it is the SHA-256 of the
// normalised name, whether or not such a user exists.
type Account [sha256.Size]byte

// Principal identifies a user name as users are found by it: it is the SHA-256
// of the name to the letter. Many principals may be one [Account]; at most one
// of them is a given user.
type Principal [sha256.Size]byte

// PrincipalOf returns the principal of a user name.
func PrincipalOf(name string) Principal { return sha256.Sum256([]byte("ginauth principal\x00" + name)) }

// String returns the principal in hexadecimal.
func (p Principal) String() string { return Account(p).String() }

// ParsePrincipal parses the result of [Principal.String].
func ParsePrincipal(s string) (p Principal, ok bool) {
	a, ok := ParseAccount(s)
	return Principal(a), ok
}

// maxName is the number of bytes of a name that count. No user has a name that
// long.
const maxName = 4096

// AccountOf returns the account of a user name. It normalises the name by NFKC
// with full case folding, trims and collapses blanks, and drops control and
// format characters. Names that differ only in these respects are one account,
// whether or not the database would find one user by them.
func AccountOf(name string) Account {
	if len(name) > maxName {
		name = name[:maxName]
	}
	return sha256.Sum256([]byte(normalised(name)))
}

func normalised(name string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
			unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name)
	// Twice, since either may undo the other (Unicode 3.13, D146: a
	// compatibility caseless match).
	fold := cases.Fold()
	once := norm.NFKD.String(fold.String(norm.NFD.String(visible)))
	return strings.Join(strings.Fields(norm.NFKC.String(fold.String(once))), " ")
}

// String returns the account in hexadecimal.
func (a Account) String() string { return hex.EncodeToString(a[:]) }

// ParseAccount parses the result of [Account.String].
func ParseAccount(s string) (a Account, ok bool) {
	n, err := hex.Decode(a[:], []byte(s[:min(len(s), 2*len(a))]))
	return a, err == nil && n == len(a) && len(s) == 2*len(a)
}

// unknownNetwork stands for the network of clients without an address.
const unknownNetwork = "unknown"

// NetworkText returns the text of a network, for stores. For the zero Prefix,
// of clients whose address is unknown, that is "unknown".
func NetworkText(network netip.Prefix) string {
	if !network.IsValid() {
		return unknownNetwork
	}
	return network.String()
}

// ParseNetwork parses the result of [NetworkText].
func ParseNetwork(s string) (network netip.Prefix, ok bool) {
	if s == unknownNetwork {
		return netip.Prefix{}, true
	}
	network, err := netip.ParsePrefix(s)
	return network, err == nil
}
