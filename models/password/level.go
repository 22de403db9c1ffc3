package password

import (
	"maps"
	"sync"
)

// level equalizes the time of failed logins. A table inherited from Django
// holds hashes of several algorithms, each of its versions with more iterations
// than the last, so the time of a failure would tell them apart. level makes
// every failure do the work of one hash of the preferred algorithm and one of
// each other algorithm that it has met, with the strongest parameters that it
// has met. Algorithms it has not met cost nothing; if all hashes of a table
// have been replaced by the preferred hasher's, a failure costs one hash.
//
// Only stored hashes are met, one for each hasher is kept, and every hasher
// bounds the parameters that it verifies. A client has no influence on any of
// that. A program that can write hashes into the table can slow down failures,
// to the largest hash of each algorithm, until the process ends.
type level struct {
	mu  sync.Mutex
	met met
}

// met holds the strongest stored hash of each algorithm. That of the preferred
// algorithm is absent unless it is stronger than those of the preferred hasher.
type met map[string]string

// meet remembers the algorithm of a stored hash, and its parameters if they are
// the strongest so far. It returns a copy of what has been met.
func (l *level) meet(h Hashers, encoded string) met {
	l.mu.Lock()
	defer l.mu.Unlock()
	if hasher := h.identify(encoded); hasher != nil && l.met.raisedBy(encoded, hasher, h[0]) {
		if l.met == nil {
			l.met = met{}
		}
		l.met[hasher.Algorithm()] = encoded
	}
	return maps.Clone(l.met)
}

// raisedBy reports whether a hash of hasher is more work than what has been met
// of its algorithm.
func (m met) raisedBy(encoded string, hasher, preferred Hasher) bool {
	known, there := m[hasher.Algorithm()]
	isPreferred := hasher.Algorithm() == preferred.Algorithm()
	like := likeOf(hasher, encoded)
	switch {
	case like == nil:
		return !there && !isPreferred
	case there:
		return like.work() > likeOf(hasher, known).work()
	}
	return !isPreferred || like.work() > preferred.(measured).work()
}

// likeOf returns the hasher with the parameters of encoded, or nil if the
// hasher cannot tell.
func likeOf(hasher Hasher, encoded string) measured {
	if m, can := hasher.(measured); can && formats[hasher.Algorithm()] {
		return m.like(encoded)
	}
	return nil
}

// floor returns a hasher of the preferred algorithm whose work is that of the
// strongest hash.
func (m met) floor(h Hashers) Hasher {
	if strongest, there := m[h[0].Algorithm()]; there {
		return likeOf(h[0], strongest)
	}
	return h[0]
}

// spend does the work that a failed Hashers.verify of encoded, with m.floor,
// has not done. It has no other effect.
func (m met) spend(h Hashers, password, encoded string) {
	preferred := h[0].Algorithm()
	done, hasher := preferred, h.identify(encoded)
	if hasher != nil {
		done = hasher.Algorithm()
	}
	if done != preferred {
		h.verify(password, "", m.floor(h)) // one hash of the preferred algorithm
	}
	for algorithm, decoy := range m {
		switch {
		case algorithm == preferred: // done by verify
		case algorithm != done:
			h.verify(password, decoy, h[0])
		default: // encoded cost less than the decoy would
			if like := likeOf(hasher, decoy); like != nil {
				like.harden(encoded)
			}
		}
	}
}
