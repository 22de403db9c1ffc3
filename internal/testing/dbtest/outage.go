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

// ErrGone is the error of a statement during an [Outage].
var ErrGone = errors.New("dbtest: the database went away")

// Outage makes a database go away in the middle of an operation. It is the
// server that goes, so connections are cut and whatever was not committed is
// rolled back.
//
// A step is a statement, the first row of its result, a BEGIN or a COMMIT.
type Outage struct {
	mu       sync.Mutex
	armed    bool
	steps    int // the steps that are still to succeed
	answer   bool
	text     string // the text of statements that fail
	happened bool
	before   func(statement string)
}

// WithOutage opens a database as [Open] does, with an outage that can make it
// go away.
func WithOutage(t testing.TB, url string) (*gorm.DB, *Outage) {
	t.Helper()
	o := new(Outage)
	db := open(t, url, func(c driver.Connector) *sql.DB { return sql.OpenDB(outageConnector{c, o}) })
	return db, o
}

// Begin lets n more steps succeed, and none after them. The first failing step
// is not executed or, if unanswered, is executed without an answer.
func (o *Outage) Begin(n int, unanswered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.armed, o.steps, o.answer, o.happened = true, n, !unanswered, false
}

// Fail makes every statement that contains the text fail, and no other; "" ends
// this.
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

// Before registers f to be called before each statement, "BEGIN" and "COMMIT".
// f may use other handles of the database, to do something at the same time.
// nil ends this.
func (o *Outage) Before(f func(statement string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.before = f
}

// announce calls the function that Before registered.
func (o *Outage) announce(statement string) {
	o.mu.Lock()
	before := o.before
	o.mu.Unlock()
	if before != nil && statement != "" {
		before(statement)
	}
}

// step performs an action on the connection, unless the database has gone.
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
		_ = do() // the client does not learn the result
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
	return &outageConn{Conn: conn, outage: c.outage, rows: map[driver.Rows]bool{}, stmts: map[driver.Stmt]bool{}}, nil
}
