package sitetest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ginauth/ginauth/ginauth"
)

// Events is an observer that keeps what it is told.
type Events struct {
	mu   sync.Mutex
	list []ginauth.Event
}

// Observe implements [ginauth.Observer].
func (e *Events) Observe(_ context.Context, event ginauth.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// Take returns the events since the last call.
func (e *Events) Take() []ginauth.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// Taken returns the events since the last call as one line, without what
// differs from run to run: "login_failed password bad_credentials by anonymous;
// request_refused 400 invalid by anonymous".
func (e *Events) Taken() string {
	var texts []string
	for _, event := range e.Take() {
		fields := []string{string(event.Kind)}
		if event.Status != 0 {
			fields = append(fields, fmt.Sprint(event.Status))
		}
		for _, field := range []string{event.Credential, event.Code, event.Class} {
			if field != "" {
				fields = append(fields, field)
			}
		}
		fields = append(fields, "by", event.Subject)
		if event.Owner != "" {
			fields = append(fields, "of", event.Owner)
		}
		texts = append(texts, strings.Join(fields, " "))
	}
	return strings.Join(texts, "; ")
}
