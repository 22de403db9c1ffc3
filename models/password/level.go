package password

import (
	"maps"
	"sync"
)

// level equalizes the time of failed logins. A table inherited from Django
// holds hashes of several algorithms, each of its versions with more iterations
// than the last, so the time of a failure would tell them apart. level does the
// work of every algorithm it has met, once each, with the strongest parameters
// it has met. Algorithms it has not met cost nothing; if all hashes of a table
// have been replaced by the preferred hasher's, a failure costs one hash.
type level struct {
	mu  sync.Mutex
	met map[string]string // the strongest stored hash of each algorithm but the preferred one
}

// spend does the work that checking encoded has not done. It has no other
// effect.
func (l *level) spend(h Hashers, password, encoded string) {
	done, hasher := h[0].Algorithm(), h.identify(encoded)
	if hasher != nil {
		done = hasher.Algorithm()
	}
	if done != h[0].Algorithm() {
		h.CheckPassword(password, "") // one hash of the preferred algorithm
	}
	for algorithm, decoy := range l.decoys() {
		if algorithm != done {
			h.CheckPassword(password, decoy)
		} else if m, ok := hasher.(measured); ok { // encoded cost less than the decoy would
			m.like(decoy).harden(encoded)
		}
	}
}

// meet remembers the algorithm of a stored hash, and its parameters if they are
// the strongest so far.
func (l *level) meet(h Hashers, encoded string) {
	hasher := h.identify(encoded)
	if hasher == nil || hasher.Algorithm() == h[0].Algorithm() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.met == nil {
		l.met = map[string]string{}
	}
	known, there := l.met[hasher.Algorithm()]
	if m, ok := hasher.(measured); !there || ok && m.work(encoded) > m.work(known) {
		l.met[hasher.Algorithm()] = encoded
	}
}

// decoys returns a hash of each algorithm that has been met.
func (l *level) decoys() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.met)
}
