package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/wiring"
)

// EventsLost is the kind of a row that stands for events that are missing at
// its place. Its Cause says how many.
const EventsLost ginauth.EventKind = "events_lost"

// DefaultKinds returns the kinds that are written by default: logins and
// changes to credentials. Other kinds can be caused without end: a client that
// floods a server with requests that are refused, throttled or held would fill
// the table. Basic authentication logs in with each request.
func DefaultKinds() []ginauth.EventKind {
	return []ginauth.EventKind{
		ginauth.LoginSucceeded, ginauth.LoginFailed,
		ginauth.CredentialIssued, ginauth.CredentialRotated, ginauth.CredentialRevoked, ginauth.CredentialReused,
	}
}

// Config configures [New]. The zero value has the defaults.
type Config struct {
	// Kinds are the events that are written. Default: [DefaultKinds].
	Kinds []ginauth.EventKind

	// MaxWaiting is how many events may wait for the database; those after them are
	// lost. Each takes a kilobyte or two while it waits. Default: 10,000.
	MaxWaiting int

	// Logger is told when the trail cannot be written, and when it can again.
	// Default: [slog.Default] at the time of the call.
	Logger *slog.Logger
}

// Trail is an observer that writes events to the table ginauth_audit. It is safe
// for concurrent use. [Trail.Close] ends it.
type Trail struct {
	db     *gorm.DB
	kinds  []ginauth.EventKind
	writer writer
	lost   atomic.Int64 // since the last row that said so
	untold int64        // lost, and no row says so; read after the writer is done

	mu     sync.RWMutex // closed is not set while an event is added
	closed bool
	queue  chan row
}

// New returns a trail in the database. It starts a goroutine, which uses one
// connection at a time.
//
// New panics if the database is nil, a transaction, or neither PostgreSQL nor
// SQLite, or if MaxWaiting is negative.
func New(db *gorm.DB, config ...Config) *Trail {
	c := wiring.Config("audit: New", config)
	switch {
	case db == nil:
		panic("audit: New: the database is nil")
	case sqlkit.Begun(db):
		panic("audit: New: the database is a transaction; pass the one that gorm.Open has returned")
	case c.MaxWaiting < 0:
		panic("audit: New: MaxWaiting must not be negative; 0 stands for 10,000")
	}
	wiring.Check("audit: New", sqlkit.Supported(db))
	if c.Kinds == nil {
		c.Kinds = DefaultKinds()
	}
	t := &Trail{db: db, kinds: slices.Clone(c.Kinds), queue: make(chan row, cmp.Or(c.MaxWaiting, 10_000))}
	t.writer = newWriter(db, cmp.Or(c.Logger, slog.Default()), func(r row, err error) {
		t.lose(r, fmt.Errorf("the database refuses it: %w", err))
	})
	go t.run()
	return t
}

// ObservesPasses implements [ginauth.PassObserver].
func (t *Trail) ObservesPasses() bool { return slices.Contains(t.kinds, ginauth.RequestPassed) }

// lossClass is what events of this package name as the class that failed.
const lossClass = "audit.Trail"

// Observe implements [ginauth.Observer].
func (t *Trail) Observe(ctx context.Context, e ginauth.Event) {
	if !slices.Contains(t.kinds, e.Kind) || e.Class == lossClass {
		return
	}
	r := rowOf(ctx, e)
	if err := t.add(r); err != nil {
		t.lose(r, err)
	}
}

var (
	errFull   = errors.New("too many wait for the database")
	errClosed = errors.New("the audit trail is closed")
)

// lose counts a row as lost, and tells that. What a row of the kind EventsLost
// stands for has been told already.
func (t *Trail) lose(r row, why error) {
	t.lost.Add(r.events)
	if r.Kind != string(EventsLost) {
		cause := "an event is lost: " + why.Error()
		ginauth.Emit(r.context, ginauth.Event{
			Kind: ginauth.StoreFailed, Class: lossClass, Code: "event_lost", Cause: cause,
		})
	}
}

// add adds a row to those that wait.
func (t *Trail) add(r row) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return errClosed
	}
	select {
	case t.queue <- r:
		return nil
	default:
		return errFull
	}
}

// Close writes the events that wait, and ends the trail: later ones are lost.
// Call it when the server has answered its last request. If ctx is done before
// all are written, Close gives up. It returns an error with the number of events
// that are lost and have no row of the kind [EventsLost]. A second call does
// nothing but return that.
func (t *Trail) Close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.queue)
	}
	t.mu.Unlock()
	select {
	case <-t.writer.done:
	case <-ctx.Done():
		t.writer.stop(context.Cause(ctx))
		<-t.writer.done
	}
	if n := t.writer.left + t.untold; n > 0 {
		return fmt.Errorf("audit: %d events are lost: %w", n, cmp.Or(context.Cause(t.writer.ctx), errRefused))
	}
	return nil
}

var errRefused = errors.New("the database refuses them")

// Preflight implements [ginauth.Preflighter]: it returns an error if the
// database has no table ginauth_audit.
func (t *Trail) Preflight(ctx context.Context) error { return preflight(ctx, t.db) }

func preflight(ctx context.Context, db *gorm.DB) error {
	there, err := sqlkit.PresenceOf(db).Has(ctx, db, djangoschema.AuditTable)
	if err == nil && !there {
		err = djangoschema.Missing(djangoschema.AuditTable)
	}
	return err
}

// run writes what waits until the trail is closed.
func (t *Trail) run() {
	defer close(t.writer.done)
	for first := range t.queue {
		t.writer.insist(t.batch(first))
	}
	if n := t.lost.Swap(0); n > 0 { // what was lost last
		t.writer.insist([]row{lostRow(n)})
	}
	t.untold = t.lost.Swap(0)
}

// batch returns the rows that wait, batchSize at most, after the first.
func (t *Trail) batch(first row) []row {
	rows := []row{first}
	for more := true; more && len(rows) < batchSize; {
		select {
		case r, open := <-t.queue:
			if more = open; open {
				rows = append(rows, r)
			}
		default:
			more = false
		}
	}
	if n := t.lost.Swap(0); n > 0 {
		rows = append(rows, lostRow(n))
	}
	return rows
}

// lostRow returns the row that stands for n events.
func lostRow(n int64) row {
	cause := fmt.Sprintf("%d events", n)
	r := rowOf(context.Background(), ginauth.Event{Kind: EventsLost, Time: time.Now(), Cause: cause})
	r.events = n
	return r
}
