package session

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// noteEvery is the precision of a session's last use.
const noteEvery = time.Minute

// TryRecordUse records that a client uses the user's session now, for
// [Store.List], unless that was recorded within the last minute. The zero
// address is unknown; agent is what the browser calls itself (User-Agent). It
// costs one statement that writes; [Store.Find] has read the last use already. A
// session is unknown to List before the first call, wherever it was begun. It
// does nothing without [Config].RecordUse.
//
// The request succeeds without it: a failure is logged, at most once a minute,
// and nothing is recorded for a minute.
func (s *Store) TryRecordUse(
	ctx context.Context, session *Session, user models.UserModel, address netip.Addr, agent string,
) {
	now := sqlkit.Now()
	if !s.config.RecordUse || now.UnixMicro() < s.unnoted.Load() {
		return
	}
	// Another server, whose clock is ahead, may have recorded it.
	if session.lastUsed != nil && now.Sub(*session.lastUsed).Abs() < noteEvery {
		return
	}
	if err := s.note(ctx, session, user, address, agent, now); err != nil && ctx.Err() == nil {
		s.unnoted.Store(now.Add(noteEvery).UnixMicro())
		tidyings.Of(s.users.Database()).Failed(ctx, s.users.Database(), "record the use of a session", err)
		return
	}
	session.lastUsed = &now
}

func (s *Store) note(
	ctx context.Context, session *Session, user models.UserModel, address netip.Addr, agent string, now time.Time,
) error {
	if err := s.needUses(ctx); err != nil {
		return err
	}
	from := ""
	if address.IsValid() {
		from = address.Unmap().WithZone("").String()
	}
	began := session.began()
	if began.IsZero() || began.After(now) {
		began = now
	}
	sealed, err := s.sealKey(session, s.users.Key(user))
	if err != nil {
		return err
	}
	_, err = sqlkit.Exec(sqlkit.Aside(ctx), sqlkit.Pool(s.users.Database()), s.uses.note,
		session.ID(), s.users.Key(user), sealed, deviceText(agent), from,
		began.UTC().Truncate(time.Microsecond), now, session.ExpireDate)
	return err
}

// deviceText returns a user agent as it is stored: without characters that
// cannot be seen, and not too long.
func deviceText(agent string) string {
	visible := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(agent[:min(len(agent), 4*djangoschema.MaxDevice)], ""))
	runes := []rune(visible)
	return strings.TrimSpace(string(runes[:min(len(runes), djangoschema.MaxDevice)]))
}

// forget deletes what is recorded of the use of a session that has ended.
func (s *Store) forget(ctx context.Context, key string) {
	if key == "" || !s.config.RecordUse {
		return
	}
	db := s.users.Database()
	there, err := s.usesExist(ctx)
	if there {
		id := (&Session{Key: models.Secret(key)}).ID()
		_, err = sqlkit.Exec(sqlkit.Aside(ctx), sqlkit.Pool(db), s.uses.forget, id)
	}
	tidyings.Of(db).Failed(ctx, db, "delete what is recorded of a session", err)
}

// readsUses reports whether the last use of a session is read with it.
func (s *Store) readsUses(ctx context.Context) (bool, error) {
	if !s.config.RecordUse {
		return false, nil
	}
	return s.usesExist(ctx)
}

func (s *Store) usesExist(ctx context.Context) (bool, error) {
	db := s.users.Database()
	return sqlkit.PresenceOf(db).Has(ctx, db, djangoschema.SessionUseTable)
}

// needUses returns [models.ErrNotMigrated] if the table does not exist.
func (s *Store) needUses(ctx context.Context) error {
	there, err := s.usesExist(ctx)
	if err == nil && !there {
		err = djangoschema.Missing(djangoschema.SessionUseTable)
	}
	return err
}
