package audit

import "time"

// Hurry shortens the wait between two attempts. Call it before the first event.
func (t *Trail) Hurry() { t.writer.pause = time.Millisecond }
