// Package ratekey makes the keys under which requests are counted. The classes
// of package policies make them; applications and stores only receive them, as
// rates.Key.
package ratekey

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"strconv"
	"strings"
)

// Key is rates.Key, where it is described. It has no exported methods but those
// that stores need.
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
	keyOfProgram
	keyOfAddress
	keyOfOwn
)

// OfOwn is rates.NewKey. As in the other constructors, counter is written by the
// application, never by a client.
func OfOwn(counter, text string) Key {
	return Key{counter: counter, kind: keyOfOwn, text: plainText(text)}
}

// OfUser returns the key of a user whose primary key is a number.
func OfUser(counter string, id int64) Key {
	return Key{counter: counter, kind: keyOfUser, id: id}
}

// OfUserText returns the key of a user whose id is a text, such as a UUID or
// the subject of a token.
func OfUserText(counter, id string) Key {
	return Key{counter: counter, kind: keyOfUser, text: plainText(id)}
}

// OfProgram returns the key of a program that is no user: a service, or the
// bearer of an API key.
func OfProgram(counter, subject string) Key {
	return Key{counter: counter, kind: keyOfProgram, text: plainText(subject)}
}

// OfAddress returns the key of an address, or of the first address of a
// network. The zero Addr stands for clients whose address is unknown.
func OfAddress(counter string, address netip.Addr) Key {
	return Key{counter: counter, kind: keyOfAddress, address: address}
}

// OfAddressText returns the key of a client that is identified by a text in
// place of its address.
func OfAddressText(counter, text string) Key {
	return Key{counter: counter, kind: keyOfAddress, text: plainText(text)}
}

// String returns the key as readable text. See rates.Key.
func (k Key) String() string {
	switch {
	case k.kind == keyOfUser && k.text == "":
		return k.counter + ":user:" + strconv.FormatInt(k.id, 10)
	case k.kind == keyOfUser:
		return k.counter + ":user:" + marked(k.text)
	case k.kind == keyOfProgram:
		return k.counter + ":program:" + marked(k.text)
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

// Clone returns the key with a copy of its text, which may be part of something
// larger, such as a request's header.
func Clone(k Key) Key {
	k.text = strings.Clone(k.text)
	return k
}

// Hash returns a hash of the key. It is seeded, so that a client cannot choose
// addresses or keys that collide.
func Hash(seed maphash.Seed, k *Key) uint64 {
	h := maphash.String(seed, k.counter) ^ uint64(k.kind)
	switch {
	case k.text != "":
		return h*mixer ^ maphash.String(seed, k.text)
	case k.kind == keyOfAddress:
		b := k.address.As16()
		return h*mixer ^ maphash.Bytes(seed, b[:])
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(k.id))
	return h*mixer ^ maphash.Bytes(seed, b[:])
}

// mixer is odd, so that multiplying by it loses no information.
const mixer = 0x9e3779b97f4a7c15
