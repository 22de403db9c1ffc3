package audit

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/timeid"
)

// Entry is a row of the trail.
type Entry struct {
	ID string // a UUID; ids sort by time
	ginauth.Event
}

// Filter selects rows. The zero value selects all.
type Filter struct {
	Since   time.Time         // not before
	Subject string            // made the request, or owns the credential
	Kind    ginauth.EventKind // of that kind
}

// List iterates over the rows of the trail, the oldest first. It reads every row
// from Since on; Subject and Kind do not make it faster. It ends after the
// first error, which may be [models.ErrNotMigrated].
func List(ctx context.Context, db *gorm.DB, filter Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := preflight(ctx, db); err != nil {
			yield(Entry{}, err)
			return
		}
		query, args := filter.query(db)
		for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), query, args...) {
			var entry Entry
			if err == nil {
				entry, err = scan(rows)
			}
			if err != nil {
				yield(Entry{}, fmt.Errorf("audit: list: %w", err))
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

func (f Filter) query(db *gorm.DB) (query string, args []any) {
	var names, conditions []string
	for _, c := range columns {
		names = append(names, `"`+c.name+`"`)
	}
	add := func(condition string, values ...any) {
		for _, value := range values {
			args = append(args, value)
			condition = strings.Replace(condition, "?", sqlkit.Placeholder(db, len(args)), 1)
		}
		conditions = append(conditions, condition)
	}
	add(`"id" >= ?`, timeid.First(f.Since.Truncate(time.Microsecond)))
	if f.Subject != "" {
		add(`("subject" = ? OR "owner" = ?)`, stored(f.Subject, maxText), stored(f.Subject, maxText))
	}
	if f.Kind != "" {
		add(`"kind" = ?`, string(f.Kind))
	}
	where := ` FROM "ginauth_audit" WHERE ` + strings.Join(conditions, " AND ")
	return `SELECT ` + strings.Join(names, ", ") + where + ` ORDER BY "id"`, args
}

func scan(rows *sql.Rows) (e Entry, err error) {
	var kind, client string
	err = rows.Scan(
		&e.ID, &e.Time, &kind, &e.Subject, &e.Owner, &client, &e.Method, &e.Route, &e.Status,
		&e.Code, &e.Class, &e.Cause, &e.Credential, &e.CredentialID, &e.Family, &e.RequestID)
	e.Kind, e.Time = ginauth.EventKind(kind), e.Time.UTC()
	if client != "" && err == nil {
		e.Client, err = netip.ParseAddr(client)
	}
	return e, err
}
