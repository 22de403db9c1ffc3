package password

import (
	"maps"
	"sync"
)

// level makes a refused login cost the same whosever name it used, in a table where hashes are of several algorithms, as Django
// left them, each of its versions with more iterations than the last: it does the work of every algorithm that has been met, once
// each, with the strongest parameters that have. What has not been met costs nothing; a table whose hashes have all been replaced
// by the preferred hasher's costs one hash.
type level struct {
	mu  sync.Mutex
	met map[string]string // the strongest stored hash of each algorithm but the preferred one
}

// spend does the work that checking encoded has not done. Other than that it has no effect.
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
		} else if m, ok := hasher.(measured); ok { // what encoded has cost less than the decoy would
			m.like(decoy).harden(encoded)
		}
	}
}

// meet remembers the algorithm of a stored hash, and its parameters if they are the strongest so far.
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
