package audit

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/timeid"
)

// row is an event as it is stored. The names are those of the columns.
type row struct {
	ID           string `json:"id"`
	Time         string `json:"time"`
	Kind         string `json:"kind"`
	Subject      string `json:"subject"`
	Owner        string `json:"owner"`
	Client       string `json:"client"`
	Method       string `json:"method"`
	Route        string `json:"route"`
	Status       int64  `json:"status"`
	Code         string `json:"code"`
	Class        string `json:"class"`
	Cause        string `json:"cause"`
	Credential   string `json:"credential"`
	CredentialID string `json:"credential_id"`
	Family       string `json:"family"`
	RequestID    string `json:"request_id"`

	events  int64           // how many it stands for
	context context.Context //nolint:containedctx // without the request: observers are told what becomes of the event
}

// column is a column of the table.
type column struct{ name, kind string }

// columns are those of a row, in its order.
var columns = []column{
	{"id", "text"}, {"time", "time"}, {"kind", "text"},
	{"subject", "text"}, {"owner", "text"}, {"client", "text"},
	{"method", "text"}, {"route", "text"}, {"status", "bigint"},
	{"code", "text"}, {"class", "text"}, {"cause", "text"},
	{"credential", "text"}, {"credential_id", "text"}, {"family", "text"}, {"request_id", "text"},
}

// typ returns the type for a CAST.
func (c column) typ(db *gorm.DB) string {
	if c.kind == "time" {
		return sqlkit.Timestamp(db)
	}
	return c.kind
}

// timeFormat is that of Django on SQLite, with the zone; PostgreSQL reads it
// too.
const timeFormat = "2006-01-02 15:04:05.000000-07:00"

// rowOf returns the row of an event. Its id makes writing it twice the same as
// writing it once.
func rowOf(ctx context.Context, e ginauth.Event) row {
	at := e.Time
	if at.IsZero() {
		at = time.Now()
	}
	at = at.UTC().Truncate(time.Microsecond)
	client := ""
	if e.Client.IsValid() {
		client = e.Client.String()
	}
	return row{
		ID: timeid.New(at), Time: at.Format(timeFormat), Kind: stored(string(e.Kind), maxText),
		Subject: stored(e.Subject, maxText), Owner: stored(e.Owner, maxText), Client: client,
		Method: stored(e.Method, maxText), Route: stored(e.Route, maxText), Status: int64(e.Status),
		Code: stored(e.Code, maxText), Class: stored(e.Class, maxText), Cause: stored(e.Cause, maxCause),
		Credential: stored(e.Credential, maxText), CredentialID: stored(e.CredentialID, maxText),
		Family: stored(e.Family, maxText), RequestID: stored(e.RequestID, maxText),
		events: 1, context: ginauth.WithoutRequest(ctx),
	}
}

// The longest texts that are stored, in bytes.
const (
	maxText  = 255
	maxCause = 1000
)

// stored returns a text that every database can store, and that a client cannot
// make long: of a method, say. A row that the database refuses would keep those
// behind it waiting. It is a copy, because a part of a form, say, would keep all
// of it.
func stored(text string, length int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= length {
		return strings.Clone(text)
	}
	end := length
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return cmp.Or(strings.Clone(text[:end]), "\uFFFD")
}
