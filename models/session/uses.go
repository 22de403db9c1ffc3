package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Use describes a session to its user, without its key.
type Use struct {
	ID       string // see [Session.ID]
	Device   string // the user agent of the last use that was recorded, at most 200 characters
	Address  string // of that use; "" if it is unknown
	Created  time.Time
	LastUsed time.Time // accurate to a minute
	Expires  time.Time // unless it is used again, where that extends it
}

// mostListed bounds the sessions that are listed of a user.
const mostListed = 128

// useStatements are the fixed queries on the uses of sessions, in the dialect of
// the database.
type useStatements struct {
	find, findJoined, note, forget, list, one string
	byKeys                                    func(n int) string
}

func compileUses(db *gorm.DB, users *models.Users) useStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	places := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = p(i + 1)
		}
		return strings.Join(list, ", ")
	}
	const table = `"` + djangoschema.SessionUseTable + `"`
	return useStatements{
		note: fmt.Sprintf(`INSERT INTO %s `+
			`("id", "user_id", "sealed", "device", "address", "created", "last_used", "expires_at") VALUES (%s) `+
			`ON CONFLICT ("id") DO UPDATE SET "sealed" = excluded."sealed", "device" = excluded."device", `+
			`"address" = excluded."address", "last_used" = excluded."last_used", `+
			`"expires_at" = excluded."expires_at"`, table, places(8)),
		find: fmt.Sprintf(`SELECT s."session_data", s."expire_date", u."last_used" FROM "django_session" s `+
			`LEFT JOIN %s u ON u."id" = %s WHERE s."session_key" = %s`, table, p(1), p(2)),
		findJoined: compileJoined(db, users, `, x."last_used"`,
			fmt.Sprintf(` LEFT JOIN %s x ON x."id" = %s`, table, p(2)), 3),
		forget: fmt.Sprintf(`DELETE FROM %s WHERE "id" = %s`, table, p(1)),
		list: fmt.Sprintf(`SELECT "id", "sealed", "device", "address", "created", "last_used" FROM %s `+
			`WHERE "user_id" = %s ORDER BY "last_used" DESC, "id" LIMIT %d`, table, p(1), mostListed),
		one: fmt.Sprintf(`SELECT "sealed" FROM %s WHERE "id" = %s AND "user_id" = %s`, table, p(1), p(2)),
		byKeys: func(n int) string {
			return fmt.Sprintf(`SELECT "session_key", "session_data", "expire_date" FROM "django_session" `+
				`WHERE "session_key" IN (%s)`, places(n))
		},
	}
}

// List returns the sessions in which the user is logged in, those that were
// used last first: at most 128 of those whose use [Store.TryRecordUse] has
// recorded. Sessions that have ended in any way, such as by a change of the
// password, are not among them. It costs three queries. Without the table of
// uses, which [models.Migrate] makes, it returns [models.ErrNotMigrated].
func (s *Store) List(ctx context.Context, user models.UserModel) ([]Use, error) {
	if err := s.needUses(ctx); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	uses, keys, err := s.recorded(ctx, user)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	ends, err := s.endsOf(ctx, user, keys)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	live := uses[:0]
	for _, use := range uses {
		if end, ok := ends[use.ID]; ok {
			use.Expires = end
			live = append(live, use)
		}
	}
	return live, nil
}

// recorded returns what is recorded of the user's sessions, and their keys.
func (s *Store) recorded(ctx context.Context, user models.UserModel) (uses []Use, keys []any, err error) {
	owner := s.users.Key(user)
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(s.users.Database()), s.uses.list, owner) {
		var use Use
		var sealed string
		if err == nil {
			err = rows.Scan(&use.ID, &sealed, &use.Device, &use.Address, &use.Created, &use.LastUsed)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("list sessions: %w", err)
		}
		use.Created, use.LastUsed = use.Created.UTC(), use.LastUsed.UTC()
		if key, ok := s.openKey(sealed, use.ID, owner); ok {
			uses, keys = append(uses, use), append(keys, string(key))
		}
	}
	return uses, keys, nil
}

// endsOf returns when those of the sessions end in which the user is logged in,
// by their ids.
func (s *Store) endsOf(ctx context.Context, user models.UserModel, keys []any) (map[string]time.Time, error) {
	id, ok := sqlkit.KeyText(s.users.Key(user))
	if !ok {
		return nil, nil
	}
	current, err := s.byKey.Find(ctx, id) // the password may have changed since the user was loaded
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !current.Active():
		return nil, nil
	}
	for n := 1; n < mostListed; n *= 2 { // a power of two, so that there are few different statements
		if len(keys) > n && len(keys) < 2*n {
			keys = append(keys, slices.Repeat(keys[:1], 2*n-len(keys))...)
		}
	}
	ends := map[string]time.Time{}
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(s.users.Database()), s.uses.byKeys(len(keys)), keys...) {
		var session Session
		if err == nil {
			err = rows.Scan(&session.Key, &session.Data, &session.ExpireDate)
		}
		if err != nil {
			return nil, err
		}
		values, signed := s.decode(string(session.Data))
		session.values, session.signed = hidden.Of(values), signed
		live, err := s.isLive(ctx, &session, id, current)
		if err != nil {
			return nil, err
		}
		if live {
			ends[session.ID()] = s.lastMoment(&session)
		}
	}
	return ends, nil
}

// isLive reports whether the user with that key is logged in by a session.
func (s *Store) isLive(ctx context.Context, session *Session, key string, user models.UserModel) (bool, error) {
	owner, ok := s.owner(session)
	if !ok || owner != key || s.expired(session, sqlkit.Now()) {
		return false, nil
	}
	err := s.checkCurrent(ctx, session, user)
	if errors.Is(err, ErrStale) {
		return false, nil
	}
	return err == nil, err
}

// lastMoment returns when a session ends if it is not used again.
func (s *Store) lastMoment(session *Session) time.Time {
	if end, limited := s.end(session); limited && end.Before(session.ExpireDate) {
		return end
	}
	return session.ExpireDate.UTC()
}

// DeleteByID deletes the session of the user with that id, see [Session.ID], on
// every server at once. It returns [models.ErrNotFound] if the user has no such
// session, or none whose use has been recorded.
func (s *Store) DeleteByID(ctx context.Context, user models.UserModel, id string) error {
	if err := s.needUses(ctx); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	owner := s.users.Key(user)
	if owner == nil || !sqlkit.Storable(id, djangoschema.MaxSessionID) {
		return models.ErrNotFound
	}
	var sealed string
	found, err := sqlkit.Row(ctx, sqlkit.Pool(s.users.Database()), s.uses.one, []any{id, owner}, &sealed)
	switch {
	case err != nil:
		return fmt.Errorf("delete session: %w", err)
	case !found:
		return models.ErrNotFound
	}
	key, ok := s.openKey(sealed, id, owner)
	if !ok { // sealed with a secret key that is gone, and not used since
		return models.ErrNotFound
	}
	existed, err := s.Delete(ctx, string(key))
	if err == nil && !existed {
		err = models.ErrNotFound
	}
	return err
}
