package resettoken

import "time"

// At returns the generator with a clock that stands still.
func (g *Generator) At(at time.Time) *Generator {
	stopped := *g
	stopped.now = func() time.Time { return at }
	return &stopped
}
