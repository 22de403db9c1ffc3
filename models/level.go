package models

import "sync"

// level makes a refused login cost the same whosever name it used, in a table where hashes are of several algorithms, as Django
// left them: it does the work of every algorithm that has been met, once each. What has not been met costs nothing; a table
// whose hashes have all been replaced by the preferred hasher's costs one hash.
type level struct {
	mu  sync.Mutex
	met map[string]string // a stored hash of each algorithm but the preferred one
}

// spend does the work that checking encoded has not done. Other than that it has no effect.
func (l *level) spend(h PasswordHashers, password, encoded string) {
	done, hasher := h[0].Algorithm(), h.identify(encoded)
	if hasher != nil {
		done = hasher.Algorithm()
	}
	if done != h[0].Algorithm() {
		h.CheckPassword(password, "") // one hash of the preferred algorithm
	}
	for _, decoy := range l.decoys(done) {
		h.CheckPassword(password, decoy)
	}
}

// meet remembers the algorithm of a stored hash.
func (l *level) meet(h PasswordHashers, encoded string) {
	hasher := h.identify(encoded)
	if hasher == nil || hasher.Algorithm() == h[0].Algorithm() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.met == nil {
		l.met = map[string]string{}
	}
	if _, known := l.met[hasher.Algorithm()]; !known {
		l.met[hasher.Algorithm()] = encoded
	}
}

// decoys returns a hash of each algorithm that has been met, but for one.
func (l *level) decoys(done string) (hashes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for algorithm, encoded := range l.met {
		if algorithm != done {
			hashes = append(hashes, encoded)
		}
	}
	return hashes
}
