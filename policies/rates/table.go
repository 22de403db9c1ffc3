package rates

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
)

// keyTable is a hash table of logs with linear probing. The hash is computed
// once, and only new keys are allocated. Go's map would hash the five fields of
// a key, which takes longer than everything else. Entries are never removed.
// The zero value is an empty table.
type keyTable struct {
	cells []cell // a power of two; a quarter of them is free
	used  int
}

type cell struct {
	hash  uint64
	entry *keyEntry // nil means free
}

type keyEntry struct {
	log log
	key Key
}

// newKeyEntry copies the text, which may be part of something larger, such as a
// request's header.
func newKeyEntry(key Key) *keyEntry {
	key.text = strings.Clone(key.text)
	return &keyEntry{key: key}
}

func (t *keyTable) find(hash uint64, key *Key) *keyEntry {
	if t.used == 0 {
		return nil
	}
	mask := uint64(len(t.cells) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		c := &t.cells[i]
		if c.entry == nil || c.hash == hash && c.entry.key == *key {
			return c.entry
		}
	}
}

// insert adds an entry that the table does not contain.
func (t *keyTable) insert(hash uint64, e *keyEntry) {
	if t.used*4 >= len(t.cells)*3 {
		t.grow()
	}
	mask := uint64(len(t.cells) - 1)
	i := hash & mask
	for t.cells[i].entry != nil {
		i = (i + 1) & mask
	}
	t.cells[i] = cell{hash, e}
	t.used++
}

func (t *keyTable) grow() {
	larger := keyTable{cells: make([]cell, max(8, 2*len(t.cells)))}
	for _, c := range t.cells {
		if c.entry != nil {
			larger.insert(c.hash, c.entry)
		}
	}
	*t = larger
}

// hash is seeded, so that a client cannot choose addresses or keys that
// collide.
func (k *Key) hash(seed maphash.Seed) uint64 {
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
