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

// Account is a user name as the counters know it: the SHA-256 of the normalised
// name. It says nothing about whether there is such a user.
type Account [sha256.Size]byte

// Principal is a user name as users are found by it: the SHA-256 of the name to
// the letter. Many principals may be one [Account], and one of them at most is
// a given user.
type Principal [sha256.Size]byte

// PrincipalOf returns the principal of a user name.
func PrincipalOf(name string) Principal { return sha256.Sum256([]byte("ginauth principal\x00" + name)) }

// String returns the principal in hexadecimal.
func (p Principal) String() string { return Account(p).String() }

// ParsePrincipal reads what [Principal.String] has written, for a [Store].
func ParsePrincipal(s string) (p Principal, ok bool) {
	a, ok := ParseAccount(s)
	return Principal(a), ok
}

// maxName is how many bytes of a name are looked at. No user has a name as
// long.
const maxName = 4096

// AccountOf returns the account of a user name. Names that differ only in case,
// in the form of their characters, in blanks around or between them, or in
// characters that are not seen, are one account, whether or not the database
// would find one user by them: NFKC with full case folding, blanks trimmed and
// collapsed, controls and format characters left out.
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

// ParseAccount reads what [Account.String] has written, for a [Store].
func ParseAccount(s string) (a Account, ok bool) {
	n, err := hex.Decode(a[:], []byte(s[:min(len(s), 2*len(a))]))
	return a, err == nil && n == len(a) && len(s) == 2*len(a)
}

// unknownNetwork is that of clients without an address.
const unknownNetwork = "unknown"

// NetworkText is a network for a [Store] to keep; the zero Prefix, of clients
// whose address is not known, is "unknown".
func NetworkText(network netip.Prefix) string {
	if !network.IsValid() {
		return unknownNetwork
	}
	return network.String()
}

// ParseNetwork reads what [NetworkText] has written.
func ParseNetwork(s string) (network netip.Prefix, ok bool) {
	if s == unknownNetwork {
		return netip.Prefix{}, true
	}
	network, err := netip.ParsePrefix(s)
	return network, err == nil
}
