package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// ErrGone is what becomes of a statement in an [Outage].
var ErrGone = errors.New("dbtest: the database went away")

// Outage makes a database go away in the middle of something. It is the server that goes, so that connections are cut and what was
// not committed is rolled back.
//
// A step is a statement, the first row of its result, a BEGIN or a COMMIT.
type Outage struct {
	mu       sync.Mutex
	armed    bool
	steps    int // that are still to succeed
	answer   bool
	text     string // of statements that fail
	happened bool
	before   func(statement string)
}

// WithOutage opens a database until the test ends, as [Open] does, such that it can go away.
func WithOutage(t testing.TB, url string) (*gorm.DB, *Outage) {
	t.Helper()
	o := new(Outage)
	db := open(t, url, func(c driver.Connector) *sql.DB { return sql.OpenDB(outageConnector{c, o}) })
	return db, o
}

// Begin lets n more steps succeed, and none after. The first that fails is not done or, if unanswered, is done without an answer.
func (o *Outage) Begin(n int, unanswered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.armed, o.steps, o.answer, o.happened = true, n, !unanswered, false
}

// Fail makes every statement that holds the text fail, and only these; "" ends it.
func (o *Outage) Fail(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = text
}

// End brings the database back, and reports whether anything has failed.
func (o *Outage) End() (happened bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.armed = false
	return o.happened
}

// Before makes that f is called before each statement, "BEGIN" and "COMMIT". It may use other handles of the database, for what happens at the
// same time. nil ends it.
func (o *Outage) Before(f func(statement string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.before = f
}

// announce calls what Before has said.
func (o *Outage) announce(statement string) {
	o.mu.Lock()
	before := o.before
	o.mu.Unlock()
	if before != nil && statement != "" {
		before(statement)
	}
}

// step does something on the connection, unless the database has gone.
func (o *Outage) step(c *outageConn, statement string, do func() error) error {
	o.announce(statement)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case c.cut:
		return ErrGone
	case o.text != "" && strings.Contains(statement, o.text):
	case !o.armed || o.steps > 0:
		o.steps--
		return do()
	case !o.answer && !o.happened:
		_ = do() // nobody learns what became of it
		o.happened = true
	default:
		o.happened = true
	}
	return errors.Join(ErrGone, c.sever())
}

type outageConnector struct {
	driver.Connector
	outage *Outage
}

func (c outageConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c.outage.mu.Lock()
	gone := c.outage.armed && c.outage.happened
	c.outage.mu.Unlock()
	if gone {
		return nil, ErrGone
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &outageConn{Conn: conn, outage: c.outage, rows: map[driver.Rows]bool{}}, nil
}
