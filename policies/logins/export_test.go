package logins

// Lines returns the number of lines of attempts.
func (l *Logins) Lines() int {
	l.site.queue.mu.Lock()
	defer l.site.queue.mu.Unlock()
	return len(l.site.queue.lines)
}
