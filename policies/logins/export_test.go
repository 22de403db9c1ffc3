package logins

import "time"

// Lines returns the number of lines of attempts.
func (l *Logins) Lines() int {
	l.site.queue.mu.Lock()
	defer l.site.queue.mu.Unlock()
	return len(l.site.queue.lines)
}

// Press makes the next refusals wait for as long as any does.
func (l *Logins) Press() {
	l.site.brake.mu.Lock()
	defer l.site.brake.mu.Unlock()
	l.site.brake.next = time.Now().Add(longestHold)
}

// Held returns the number of refusals that wait.
func (l *Logins) Held() int {
	l.site.brake.mu.Lock()
	defer l.site.brake.mu.Unlock()
	return l.site.brake.held
}
