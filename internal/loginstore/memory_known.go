package loginstore

import "iter"

// knownTable holds the networks where users are known, and until when, in two
// generations: those with a login since the last rotation, and the others. A
// rotation, when a generation is full, drops the older one. A user whose
// network was dropped is unknown there again, and held to the gates.
type knownTable struct {
	current, previous map[Key]int64
	generation        int // the most rows of one
}

func newKnownTable(most int) knownTable {
	return knownTable{current: map[Key]int64{}, generation: max(1, most/2)}
}

// find returns the time until which the user is known, or 0.
func (k *knownTable) find(key Key) int64 {
	until, ok := k.current[key]
	if !ok {
		until = k.previous[key]
	}
	return until
}

func (k *knownTable) put(key Key, until int64) {
	if _, ok := k.current[key]; !ok && len(k.current) >= k.generation {
		k.previous, k.current = k.current, map[Key]int64{}
	}
	delete(k.previous, key)
	k.current[key] = until
}

func (k *knownTable) all() iter.Seq2[Key, int64] {
	return func(yield func(Key, int64) bool) {
		for _, generation := range []map[Key]int64{k.current, k.previous} {
			for key, until := range generation {
				if !yield(key, until) {
					return
				}
			}
		}
	}
}
