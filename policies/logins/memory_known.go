package logins

// knownTable holds the counters of accounts in networks where they are known, in two generations: those of which there was a login since
// the last rotation, and the others. A rotation, when a generation is full, drops the older ones. What is dropped is unknown again, which
// slows down. Those with failures stay, unless somebody has made them so many that half a generation is of them.
type knownTable struct {
	current, previous table
	generation        int // the rows of one
}

func newKnownTable(most int) knownTable {
	return knownTable{current: table{}, previous: table{}, generation: max(1, most/2)}
}

func (k *knownTable) find(key Key) (row, bool) {
	if key.Kind != OfAccountInNetwork {
		return row{}, false
	}
	r, ok := k.current[key]
	if !ok {
		r, ok = k.previous[key]
	}
	return r, ok
}

func (k *knownTable) put(key Key, r row, now int64) {
	if _, ok := k.current[key]; !ok && len(k.current) >= k.generation {
		k.rotate(now)
	}
	delete(k.previous, key)
	if r.counter == (counter{}) {
		delete(k.current, key)
		return
	}
	k.current[key] = r
}

func (k *knownTable) rotate(now int64) {
	next := table{}
	for key, r := range k.previous {
		if len(next) >= k.generation/2 {
			break
		}
		if r.expires > now && r.counter != (counter{known: r.known}) {
			next[key] = r
		}
	}
	k.previous, k.current = k.current, next
}
