package rates

import "github.com/ginauth/ginauth/internal/ratekey"

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

func newKeyEntry(key Key) *keyEntry {
	return &keyEntry{key: Key(ratekey.Clone(ratekey.Key(key)))}
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
