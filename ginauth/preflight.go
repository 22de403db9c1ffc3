package ginauth

import (
	"context"
	"time"
)

// Preflighter is an optional ability of a class: what it lacks to work, such as a
// table of the database, in one line with the mend. Nil means that it lacks nothing,
// or that this cannot be found out now. [Auth.Check] asks, which the first request
// waits for too: it must be quick, and end with the context.
type Preflighter interface {
	Preflight(ctx context.Context) error
}

const preflightTimeout = 2 * time.Second

// checkClasses returns what the classes of a policy lack.
func (b *binding) checkClasses() (messages []string) {
	var classes []any
	for _, class := range b.policy.authenticators {
		classes = append(classes, class)
	}
	for _, class := range b.policy.permissions {
		classes = append(classes, class)
	}
	for _, class := range b.policy.throttles {
		classes = append(classes, class)
	}
	for _, class := range classes {
		p, ok := class.(Preflighter)
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), preflightTimeout)
		if err := p.Preflight(ctx); err != nil {
			messages = append(messages, Name(class)+" cannot work: "+err.Error())
		}
		cancel()
	}
	return messages
}
