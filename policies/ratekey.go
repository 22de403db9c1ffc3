package policies

import (
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
)

// RateKey names one log of requests: a counter, and the client that is counted.
// It is comparable, so it can be the key of a map, and it has a text form for
// stores that keep text. A user, an address and a key of the application's own
// are never the same key, whatever they contain. The zero value is not a key.
type RateKey struct {
	counter string  // e.g. "user:3/min", see [RateConfig]
	kind    keyKind // what the remaining fields are
	id      int64   // a user's primary key
	// a user's primary key, an address or the application's own key as text,
	// see plainText
	text string
	// of a client, or of the network that it is counted with; the zero value
	// means unknown
	address netip.Addr
}

type keyKind byte

const (
	keyOfUser keyKind = iota + 1
	keyOfAddress
	keyOfOwn
)

// NewRateKey returns the key that [KeyRate] makes of a text, for tests of other
// implementations of [RateStore].
func NewRateKey(counter, text string) RateKey {
	return RateKey{counter: counter, kind: keyOfOwn, text: plainText(text)}
}

// String returns the key as readable text, which differs for different keys:
//
//	user:1000/hour:user:42            a user with a number
//	user:1000/hour:user:=7c9e6679     a user with a text
//	anon:60/min:addr:203.0.113.7      an address; "unknown" for those without one
//	anon:60/min:addr:2001:db8:1:2::   a network
//	login/min:key:=alice@example.com  a key of the application's own
//	login/min:key:#kZ1dXq...          the SHA-256 of one that is long or has odd characters
func (k RateKey) String() string {
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

// marked distinguishes text from what is written without quotes, such as
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
