// Package timeid makes ids that sort by time: UUIDs of version 7 (RFC 9562).
package timeid

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// New returns a new id of that time. Ids of different microseconds sort by them.
func New(at time.Time) string {
	var tail [8]byte
	_, _ = rand.Read(tail[:]) // never fails
	return text(at, tail)
}

// First returns the text before which all ids of earlier times sort, and none
// of that time or later.
func First(at time.Time) string { return text(at, [8]byte{}) }

// text writes milliseconds since 1970 in 48 bits, the version, their fraction
// in 12 bits, the variant, and 62 random bits.
func text(at time.Time, tail [8]byte) string {
	const millisecond = int64(time.Millisecond)
	var id [16]byte
	fraction := int64(at.Nanosecond()) % millisecond * (1 << 12) / millisecond
	binary.BigEndian.PutUint64(id[:], uint64(max(at.UnixMilli(), 0))<<16|7<<12|uint64(fraction)) // neither is negative
	copy(id[8:], tail[:])
	id[8] = id[8]&0x3f | 0x80
	digits := hex.EncodeToString(id[:])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}
