// Package announcement says what servers tell each other when credentials have
// been revoked, so that caches drop them.
//
// An announcement names no user and no credential. It holds slots, numbers of
// 16 bits to which the names of users, services and tokens are hashed, and a
// cache drops all that it keeps under one of them. So a listener learns nothing
// that it could use, a forged announcement can only make a cache ask the
// database again, and what a cache has to remember is one number for each slot.
package announcement

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// Channel is where announcements are sent, of PostgreSQL's NOTIFY and of
// Redis' PUBLISH.
const Channel = "ginauth_revoked"

// Slots is the number of slots. With 200,000 credentials in a cache, an
// announcement also drops three that are not concerned.
const Slots = 1 << 16

// most is how many slots an announcement names at most.
const most = 64

// Everything is the announcement that concerns all credentials, and the name
// that stands for all names.
const Everything = "*"

// User returns the name of a user: whatever ends a user's credentials, or
// changes what the user may do, announces it. key is the text of the primary
// key.
func User(key string) string { return "user " + key }

// Service returns the name of a service.
func Service(name string) string { return "service " + name }

// Family returns the name of a family of JSON web tokens.
func Family(id string) string { return "family " + id }

// Token returns the name of a single JSON web token.
func Token(id string) string { return "token " + id }

// Slot returns the slot of a name. Servers of all versions must agree on it,
// and triggers compute it in SQL; see docs/scaling.md.
func Slot(name string) uint16 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint16(sum[:])
}

// Of returns the announcement that concerns the names.
func Of(names ...string) string {
	if len(names) == 0 || len(names) > most || slices.Contains(names, Everything) {
		return Everything
	}
	var slots []string
	for _, name := range names {
		slots = append(slots, strconv.Itoa(int(Slot(name))))
	}
	slices.Sort(slots)
	return strings.Join(slices.Compact(slots), " ")
}

// Read returns the slots that an announcement concerns. ok is false if it
// concerns everything, as does one that cannot be read: it may come from a
// later version.
func Read(message string) (slots []uint16, ok bool) {
	if len(message) > most*len("65535 ") {
		return nil, false
	}
	for text := range strings.SplitSeq(message, " ") {
		slot, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return nil, false
		}
		slots = append(slots, uint16(slot))
	}
	return slots, true
}
