package rates

import (
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
)

// Key names one log of requests: a counter, and the client that is counted.
// It is comparable, so it can be the key of a map, and it has a text form for
// stores that keep text. A user, an address and a key of the application's own
// are never the same key, whatever they contain. The zero value is not a key.
type Key struct {
	counter string  // e.g. "user:3/min"
	kind    keyKind // what the remaining fields are
	id      int64   // a user's primary key

	// text is a user's primary key, an address or the application's own key as
	// text; see plainText.
	text string

	// address is that of a client, or of the network that it is counted with.
	// The zero value means unknown.
	address netip.Addr
}

type keyKind byte

const (
	keyOfUser keyKind = iota + 1
	keyOfAddress
	keyOfOwn
)

// NewKey returns the key of the application's own that a text names. counter
// names what is counted, such as "login/min"; here and in the other
// constructors it is written by the application, never by a client.
func NewKey(counter, text string) Key {
	return Key{counter: counter, kind: keyOfOwn, text: plainText(text)}
}

// UserKey returns the key of a user whose primary key is a number.
func UserKey(counter string, id int64) Key {
	return Key{counter: counter, kind: keyOfUser, id: id}
}

// UserTextKey returns the key of a user whose id is a text, such as a UUID or
// the subject of a token.
func UserTextKey(counter, id string) Key {
	return Key{counter: counter, kind: keyOfUser, text: plainText(id)}
}

// AddressKey returns the key of an address, or of the first address of a
// network. The zero Addr stands for clients whose address is unknown.
func AddressKey(counter string, address netip.Addr) Key {
	return Key{counter: counter, kind: keyOfAddress, address: address}
}

// AddressTextKey returns the key of a client that is identified by a text in
// place of its address.
func AddressTextKey(counter, text string) Key {
	return Key{counter: counter, kind: keyOfAddress, text: plainText(text)}
}

// String returns the key as readable text, which differs for different keys:
//
//	user:1000/hour:user:42            a user with a number
//	user:1000/hour:user:=7c9e6679     a user with a text
//	anon:60/min:addr:203.0.113.7      an address; "unknown" for those without one
//	anon:60/min:addr:2001:db8:1:2::   a network
//	login/min:key:=alice@example.com  a key of the application's own
//	login/min:key:#kZ1dXq...          the SHA-256 of one that is long or has odd characters
func (k Key) String() string {
	switch {
	case k.kind == keyOfUser && k.text == "":
		return k.counter + ":user:" + strconv.FormatInt(k.id, 10)
	case k.kind == keyOfUser:
		return k.counter + ":user:" + marked(k.text)
	case k.kind == keyOfAddress && k.text != "":
		return k.counter + ":addr:" + marked(k.text)
	case k.kind == keyOfAddress && !k.address.IsValid():
		return k.counter + ":addr:unknown"
	case k.kind == keyOfAddress:
		return k.counter + ":addr:" + k.address.String()
	}
	return k.counter + ":key:" + marked(k.text)
}

// marked distinguishes text from what is written without a mark, such as
// numbers.
func marked(text string) string {
	if strings.HasPrefix(text, hashMark) {
		return text
	}
	return "=" + text
}

const (
	hashMark     = "#"
	maxPlainText = 64
)

// plainText bounds how much a client can make the store keep, and keeps control
// characters and the like out of keys: a text that is long or unusual is
// replaced by its digest. No plain text begins with the mark of a digest, so
// none can be mistaken for the digest of another.
func plainText(text string) string {
	if len(text) <= maxPlainText && isPlain(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return hashMark + base64.RawURLEncoding.EncodeToString(sum[:])
}

// isPlain is strict enough for keys of Redis, where braces choose the node of a
// cluster.
func isPlain(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("-_.:,;@+/=~%|", c) < 0 {
			return false
		}
	}
	return true
}
