package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

// refuseMallory makes the database refuse rows of one subject, by a constraint,
// a length, or a statement in a trigger of the application's.
func refuseMallory(t *testing.T, db *gorm.DB, by string) {
	t.Helper()
	switch {
	case db.Name() == "sqlite":
		modeltest.Execute(t, db, "CREATE TRIGGER mallory BEFORE INSERT ON ginauth_audit WHEN NEW.subject = 'mallory' "+
			"BEGIN SELECT RAISE(ABORT, 'not mallory'); END")
	case by == "constraint":
		modeltest.Execute(t, db, "ALTER TABLE ginauth_audit ADD CHECK (subject <> 'mallory')")
	case by == "length":
		modeltest.Execute(t, db, "ALTER TABLE ginauth_audit ALTER subject TYPE varchar(6)")
	default: // a trigger, perhaps with an SQLSTATE of its own
		modeltest.Execute(t, db, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "+
			"$$ BEGIN IF NEW.subject = 'mallory' THEN "+by+"; END IF; RETURN NEW; END $$",
			"CREATE TRIGGER refuse BEFORE INSERT ON ginauth_audit FOR EACH ROW EXECUTE FUNCTION refuse()")
	}
}

// TestRefusedRow checks that a row which the database refuses is lost, and that
// all others, before and behind it, are written.
func TestRefusedRow(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"constraint", "length", "RAISE 'not mallory'", "RAISE 'not mallory' USING ERRCODE = 'ZZ001'"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				modeltest.Migrate(t, db)
				refuseMallory(t, db, by)
				var log logged
				trail := audit.New(db, audit.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
				trail.Hurry()
				lost := &counter{kind: ginauth.StoreFailed}
				engine := serve(trail, lost)
				const logins = 300
				for i := range logins {
					login(t, engine, fmt.Sprint(i))
					if i == 7 || i == 150 {
						login(t, engine, "mallory")
					}
				}
				login(t, engine, "mallory") // the last
				end(t, trail)
				kept, missing := 0, 0
				for _, entry := range entries(t, db, audit.Filter{}) {
					if entry.Kind != audit.EventsLost {
						kept++
						continue
					}
					var n int
					fmt.Sscanf(entry.Cause, "%d events", &n)
					missing += n
				}
				if kept != logins || missing != 3 || len(lost.all) != 3 {
					t.Errorf("%d of %d events are kept, %d missing in the trail, %d told", kept, logins, missing, len(lost.all))
				}
				for _, e := range lost.all {
					if e.Class != "audit.Trail" || e.Code != "event_lost" || e.Route != "/login" || e.RequestID == "" ||
						!strings.HasPrefix(e.Cause, "an event is lost: the database refuses it: ") {
						t.Errorf("%+v", e)
					}
				}
				log.await(t, "the database refuses an event of the audit trail; it is lost")
			})
		})
	}
}

// TestRefusedRowsDoNotHoldOthersUp checks that many rows which a trigger refuses
// keep the others waiting about as long as one of them: a client that chooses
// what is refused could otherwise fill the queue.
func TestRefusedRowsDoNotHoldOthersUp(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	modeltest.Migrate(t, db)
	refuseMallory(t, db, "RAISE 'not mallory'")
	trail := audit.New(db, audit.Config{Logger: silent})
	began := time.Now()
	const refused = 20
	for i := range refused {
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Subject: "mallory"})
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Subject: fmt.Sprint(i)})
	}
	end(t, trail)
	if took := time.Since(began); took > refused*time.Second {
		t.Errorf("%v for %d refused rows", took, refused)
	}
	if n := len(entries(t, db, audit.Filter{Kind: ginauth.LoginFailed})); n != refused {
		t.Errorf("%d rows are kept", n)
	}
}

// TestAllRefused checks that Close says what is lost if the database refuses
// even the row that would.
func TestAllRefused(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		if db.Name() == "sqlite" {
			modeltest.Execute(t, db, "CREATE TRIGGER refuse_all BEFORE INSERT ON ginauth_audit BEGIN SELECT RAISE(ABORT, 'nothing'); END")
		} else {
			modeltest.Execute(t, db, "ALTER TABLE ginauth_audit ADD CHECK (kind = '')")
		}
		trail := audit.New(db, audit.Config{Logger: silent})
		trail.Hurry()
		for range 3 {
			trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 2 {
			if err := trail.Close(ctx); err == nil || !strings.Contains(err.Error(), "3 events are lost: the database refuses them") {
				t.Error(err)
			}
		}
	})
}

// TestMissingTable checks that events wait for a table that is missing.
func TestMissingTable(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		var log logged
		trail := audit.New(db, audit.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		trail.Hurry()
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed})
		for range 20 {
			log.await(t, "cannot be written")
			log.clear()
		}
		modeltest.Migrate(t, db)
		end(t, trail)
		if n := len(entries(t, db, audit.Filter{})); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func (l *logged) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}
