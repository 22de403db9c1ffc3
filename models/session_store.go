package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangosigning"
)

// SessionConfig configures [SessionsOf]. The zero value is Django's default
// settings.
type SessionConfig struct {
	// Age is how long a session lives after it was last written
	// (SESSION_COOKIE_AGE). Default: two weeks.
	Age time.Duration

	// MaxAge is how long a session lives after the login, whatever happens in
	// it. A session that Django has begun, or that was begun without a MaxAge,
	// is counted from when it was last written. Default: without end, as in
	// Django.
	MaxAge time.Duration

	// Backends are the values of _auth_user_backend that are believed; a
	// session that is made here names the first (AUTHENTICATION_BACKENDS).
	// Default: "django.contrib.auth.backends.ModelBackend".
	Backends []string
}

// Sessions reads and writes django_session, together with Django or without it.
// It is safe for concurrent use.
//
// Its queries go to the connection without passing through GORM, like those of
// [Users].
type Sessions struct {
	users  *Users
	byKey  *Lookup
	keys   SecretKeys
	signer djangosigning.Signer
	config SessionConfig
	sql    sessionStatements
}

// sessionStatements are the fixed queries about sessions, in the dialect of the
// database.
type sessionStatements struct {
	find, insert, save, extend, remove, expire string
	all                                        string
}

// SessionsOf returns the sessions of db, whose [SecretKeys] have been set
// before.
func SessionsOf(db *gorm.DB, config SessionConfig) (*Sessions, error) {
	users, err := UsersOf(db)
	if err != nil {
		return nil, err
	}
	keys, err := secretKeysOf(db)
	if err != nil {
		return nil, err
	}
	if config.Age < 0 || config.MaxAge < 0 {
		return nil, errors.New("models: the age of a session is negative")
	}
	if config.Age == 0 {
		config.Age = 14 * 24 * time.Hour
	}
	if len(config.Backends) == 0 {
		config.Backends = []string{"django.contrib.auth.backends.ModelBackend"}
	}
	byKey, err := users.LookupBy(users.table.PK)
	if err != nil {
		return nil, err
	}
	return &Sessions{
		users: users, byKey: byKey, keys: keys, config: config, sql: compileSessions(db),
		signer: djangosigning.New(keys, "django.contrib.sessions.SessionStore"),
	}, nil
}

// Users returns the user model that the sessions are of.
func (s *Sessions) Users() *Users { return s.users }

func compileSessions(db *gorm.DB) sessionStatements {
	p := func(n int) string { return placeholder(db, n) }
	return sessionStatements{
		find:   fmt.Sprintf(`SELECT "session_data", "expire_date" FROM "django_session" WHERE "session_key" = %s`, p(1)),
		insert: fmt.Sprintf(`INSERT INTO "django_session" ("session_key", "session_data", "expire_date") VALUES (%s, %s, %s)`, p(1), p(2), p(3)),
		save: fmt.Sprintf(`UPDATE "django_session" SET "session_data" = %s, "expire_date" = %s WHERE "session_key" = %s`,
			p(1), p(2), p(3)),
		extend: fmt.Sprintf(`UPDATE "django_session" SET "expire_date" = %s WHERE "session_key" = %s`, p(1), p(2)),
		remove: fmt.Sprintf(`DELETE FROM "django_session" WHERE "session_key" = %s`, p(1)),
		expire: fmt.Sprintf(`DELETE FROM "django_session" WHERE "expire_date" < %s`, p(1)),
		all:    fmt.Sprintf(`SELECT "session_key", "session_data" FROM "django_session" WHERE "expire_date" >= %s`, p(1)),
	}
}

// Find returns the session of that key, or [ErrNotFound] if there is none or it
// has expired. What is not signed with one of the keys, or is no session data,
// is an empty session, in which nobody is logged in.
func (s *Sessions) Find(ctx context.Context, key string) (*Session, error) {
	if len(key) < minSessionKey || !storable(key, maxSessionKey) {
		return nil, ErrNotFound
	}
	session := &Session{Key: Secret(key)}
	if err := s.read(ctx, session); err != nil {
		return nil, err
	}
	session.values, session.signed = s.decode(string(session.Data))
	if s.expired(session, now()) {
		return nil, ErrNotFound
	}
	return session, nil
}

// read looks the row up.
func (s *Sessions) read(ctx context.Context, session *Session) error {
	rows, err := s.users.pool().QueryContext(ctx, s.sql.find, string(session.Key))
	if err != nil {
		return fmt.Errorf("find session: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return fmt.Errorf("find session: %w", err)
		}
		return ErrNotFound
	}
	if err := errors.Join(rows.Scan(&session.Data, &session.ExpireDate), rows.Close()); err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	return nil
}

// Save stores the values of the session and extends it (Django:
// SessionStore.save), or returns [ErrNotFound] if it has been deleted in the
// meantime: it does not come back to life. Of two that save at once the last
// wins.
func (s *Sessions) Save(ctx context.Context, session *Session) error {
	if err := s.seal(session); err != nil {
		return err
	}
	return s.update(ctx, s.sql.save, string(session.Data), session.ExpireDate, string(session.Key))
}

// Extend makes the session live for another Age, and leaves its values alone,
// but for a hash that [Sessions.User] has found to be made with a fallback key.
// It returns [ErrNotFound] if the session has been deleted in the meantime.
func (s *Sessions) Extend(ctx context.Context, session *Session) error {
	if session.outworn {
		return s.Save(ctx, session)
	}
	session.ExpireDate = s.expiry(session, now())
	return s.update(ctx, s.sql.extend, session.ExpireDate, string(session.Key))
}

func (s *Sessions) update(ctx context.Context, statement string, args ...any) error {
	res, err := s.users.pool().ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// Delete ends the session of that key, on every server at once. That there is
// none is no error.
func (s *Sessions) Delete(ctx context.Context, key string) error {
	if !storable(key, maxSessionKey) {
		return nil
	}
	if _, err := s.users.pool().ExecContext(ctx, s.sql.remove, key); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// TryDelete is [Sessions.Delete] of a session that is good for nothing any
// more: if it cannot be deleted that is logged, once a minute at most, and
// changes nothing.
func (s *Sessions) TryDelete(ctx context.Context, key string) {
	s.users.shared.sessions.failed(ctx, s.users.db, "delete a session that has ended", s.Delete(ctx, key))
}

// TryExtend is [Sessions.Extend] for a request that is good without it. It
// reports whether the session was extended. The error is [ErrNotFound], or nil:
// another is logged, once a minute at most, and the session lives as long as it
// would have.
func (s *Sessions) TryExtend(ctx context.Context, session *Session) (extended bool, err error) {
	before := session.ExpireDate
	err = s.Extend(ctx, session)
	if err == nil || errors.Is(err, ErrNotFound) {
		return err == nil, err
	}
	session.ExpireDate = before
	s.users.shared.sessions.failed(ctx, s.users.db, "extend a session", err)
	return false, nil
}

// ClearExpired deletes the sessions that have expired, and returns how many
// there were (Django: manage.py clearsessions). Call it now and then: nothing
// else deletes the sessions of those who do not come back.
func (s *Sessions) ClearExpired(ctx context.Context) (int64, error) {
	res, err := s.users.pool().ExecContext(ctx, s.sql.expire, now())
	if err != nil {
		return 0, fmt.Errorf("clear sessions: %w", err)
	}
	return res.RowsAffected()
}
