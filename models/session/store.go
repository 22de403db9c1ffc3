package session

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// Config configures [Of]. The zero value has Django's defaults.
type Config struct {
	// Age is how long a session lives after its last write
	// (SESSION_COOKIE_AGE). Default: two weeks.
	Age time.Duration

	// MaxAge is how long a session lives after the login, however much it is
	// used. For a session that Django began it counts from the last write, unless
	// Django records the login, see [Store.LoggedInAt]. Default: no limit, as in
	// Django.
	MaxAge time.Duration

	// Backends are the accepted values of _auth_user_backend
	// (AUTHENTICATION_BACKENDS). New sessions get the first. Default:
	// "django.contrib.auth.backends.ModelBackend".
	Backends []string

	// RecordUse records of each session, in a table of ginauth's own, which
	// device uses it, from which address, and when it last did: see
	// [Store.TryRecordUse]. Default: only what Django records.
	RecordUse bool
}

// Store reads and writes django_session, alone or beside Django. It is safe
// for concurrent use.
//
// Its queries go to the connection without passing through GORM, like those of
// [models.Users].
type Store struct {
	users  *models.Users
	byKey  userkit.Lookup
	keys   hidden.Value[models.SecretKeys]
	signer djangosigning.Signer
	hashes djangosigning.Keys // of users' passwords
	config Config
	sql    sessionStatements
	uses   useStatements

	devices deviceStatements

	scanning chan struct{} // holds a value while a call reads the whole table
	unnoted  atomic.Int64  // until then nothing is noted, since that has failed; in microseconds since 1970
}

// sessionStatements are the fixed queries on sessions, in the dialect of the
// database.
type sessionStatements struct {
	find, insert, save, extend, remove, all string

	// findJoined finds the session and a user: the columns of the user, the
	// epoch, the session.
	findJoined string
}

// Of returns the sessions of db. [models.SecretKeys] must have been set
// before.
func Of(db *gorm.DB, config Config) (*Store, error) {
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	// A missing setting is an error, so it cannot come too late.
	keys, ok := db.Plugins[models.SecretKeys{}.Name()].(models.SecretKeys)
	if !ok {
		return nil, errors.New("session: the database has no secret key: db.Use(models.SecretKeys{...}), " +
			"with Django's SECRET_KEY first")
	}
	if config.Age < 0 || config.MaxAge < 0 {
		return nil, errors.New("session: the age of a session is negative")
	}
	if config.Age == 0 {
		config.Age = 14 * 24 * time.Hour
	}
	if len(config.Backends) == 0 {
		config.Backends = []string{"django.contrib.auth.backends.ModelBackend"}
	}
	byKey, err := userkit.Of(users).LookupBy("pk")
	if err != nil {
		return nil, err
	}
	return &Store{
		users: users, byKey: byKey, keys: hidden.Of(keys), config: config,
		sql: compileSessions(db, users), uses: compileUses(db, users), devices: compileDevices(db),
		scanning: make(chan struct{}, 1),
		signer:   djangosigning.New(keys, "django.contrib.sessions.SessionStore"),
		hashes:   djangosigning.NewKeys(keys, authHashSalt),
	}, nil
}

// Users returns the user model whose users the sessions belong to.
func (s *Store) Users() *models.Users { return s.users }

// Preflight says what is wrong with the tables, for a check at the start: a
// [models.ErrNotMigrated] if that of users or of sessions does not exist. It
// returns nil if the database does not answer.
func (s *Store) Preflight(ctx context.Context) error {
	needed := []string{djangoschema.SessionTable}
	if s.config.RecordUse {
		needed = append(needed, djangoschema.SessionUseTable)
	}
	return userkit.Of(s.users).Preflight(ctx, needed...)
}

// RecordsUse reports whether the use of sessions is recorded, see [Config].
func (s *Store) RecordsUse() bool { return s.config.RecordUse }

func compileSessions(db *gorm.DB, users *models.Users) sessionStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	return sessionStatements{
		findJoined: compileJoined(db, users, "", "", 2),
		find: fmt.Sprintf(`SELECT "session_data", "expire_date" FROM "django_session" `+
			`WHERE "session_key" = %s`, p(1)),
		insert: fmt.Sprintf(`INSERT INTO "django_session" ("session_key", "session_data", "expire_date") `+
			`VALUES (%s, %s, %s)`, p(1), p(2), p(3)),
		save: fmt.Sprintf(`UPDATE "django_session" SET "session_data" = %s, "expire_date" = %s `+
			`WHERE "session_key" = %s`, p(1), p(2), p(3)),
		extend: fmt.Sprintf(`UPDATE "django_session" SET "expire_date" = %s WHERE "session_key" = %s`, p(1), p(2)),
		remove: fmt.Sprintf(`DELETE FROM "django_session" WHERE "session_key" = %s`, p(1)),
		all: fmt.Sprintf(`SELECT "session_key", "session_data" FROM "django_session" `+
			`WHERE "expire_date" >= %s`, p(1)),
	}
}

// Find returns the session with that key, or [models.ErrNotFound] if it does
// not exist or has expired. Data that none of the keys has signed, or that
// cannot be decoded, yields an empty session without a user.
func (s *Store) Find(ctx context.Context, key string) (*Session, error) {
	if len(key) < minSessionKey || !sqlkit.Storable(key, djangoschema.MaxSessionKey) {
		return nil, models.ErrNotFound
	}
	session := &Session{Key: models.Secret(key)}
	if err := s.read(ctx, session); err != nil {
		return nil, err
	}
	if err := s.open(session); err != nil {
		return nil, err
	}
	return session, nil
}

// open decodes the data of a session. It returns [models.ErrNotFound] if the
// session has expired.
func (s *Store) open(session *Session) error {
	values, signed := s.decode(string(session.Data))
	session.values, session.signed = hidden.Of(values), signed
	if s.expired(session, sqlkit.Now()) {
		return models.ErrNotFound
	}
	return nil
}

// read loads the session's row.
func (s *Store) read(ctx context.Context, session *Session) error {
	found, err := s.row(ctx, session, s.sql.find, s.uses.find, nil, nil)
	if err == nil && !found {
		err = models.ErrNotFound
	}
	return err
}

// row loads the session's row by the query plain, or by used if uses are
// recorded. args and targets are those that precede the session's own.
func (s *Store) row(
	ctx context.Context, session *Session, plain, used string, args, targets []any,
) (found bool, err error) {
	query, targets := plain, append(targets, (*string)(&session.Data), &session.ExpireDate)
	there, err := s.readsUses(ctx)
	if there {
		query, args, targets = used, append(args, session.ID()), append(targets, &session.lastUsed)
	}
	if err == nil {
		args = append(args, string(session.Key))
		found, err = sqlkit.Row(ctx, sqlkit.Pool(s.users.Database()), query, args, targets...)
	}
	if err != nil {
		return false, fmt.Errorf("find session: %w", err)
	}
	return found, nil
}

// Save stores the values of the session and extends it (Django:
// SessionStore.save). It returns [models.ErrNotFound] if the session has been
// deleted in the meantime, and does not create it again. Of concurrent saves
// the last wins.
func (s *Store) Save(ctx context.Context, session *Session) error {
	if err := s.seal(session); err != nil {
		return err
	}
	return s.update(ctx, s.sql.save, string(session.Data), session.ExpireDate, string(session.Key))
}

// Extend makes the session live for another Age. It leaves the values alone,
// except for a hash made with a fallback key, which [Store.User] has replaced.
// It returns [models.ErrNotFound] if the session has been deleted in the
// meantime.
func (s *Store) Extend(ctx context.Context, session *Session) error {
	if session.rehashed {
		return s.Save(ctx, session)
	}
	session.ExpireDate = s.expiry(session, sqlkit.Now())
	return s.update(ctx, s.sql.extend, session.ExpireDate, string(session.Key))
}

func (s *Store) update(ctx context.Context, statement string, args ...any) error {
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(s.users.Database()), statement, args...)
	switch {
	case err != nil:
		return fmt.Errorf("save session: %w", err)
	case n == 0:
		return models.ErrNotFound
	}
	return nil
}

// Delete ends the session with that key on every server at once, and reports
// whether there was one.
func (s *Store) Delete(ctx context.Context, key string) (existed bool, err error) {
	if !sqlkit.Storable(key, djangoschema.MaxSessionKey) {
		return false, nil
	}
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(s.users.Database()), s.sql.remove, key)
	if err != nil {
		return false, fmt.Errorf("delete session: %w", err)
	}
	if n > 0 { // any client can send a cookie
		s.forget(ctx, key)
	}
	return n > 0, nil
}

// tidyings handles failures to extend and delete sessions in passing.
var tidyings sqlkit.Shared[sqlkit.Tidying]

// TryDelete is [Store.Delete] for a session that is no longer valid anyway.
// A failure is logged, at most once a minute, and has no other effect.
func (s *Store) TryDelete(ctx context.Context, key string) {
	_, err := s.Delete(ctx, key)
	tidyings.Of(s.users.Database()).Failed(ctx, s.users.Database(), "delete a session that has ended", err)
}

// TryExtend is [Store.Extend] for a request that succeeds without it, and
// reports whether the session was extended. The error is [models.ErrNotFound]
// or nil. Other failures are logged, at most once a minute, and the session
// keeps its former end.
func (s *Store) TryExtend(ctx context.Context, session *Session) (extended bool, err error) {
	before := session.ExpireDate
	err = s.Extend(ctx, session)
	if err == nil || errors.Is(err, models.ErrNotFound) {
		return err == nil, err
	}
	session.ExpireDate = before
	tidyings.Of(s.users.Database()).Failed(ctx, s.users.Database(), "extend a session", err)
	return false, nil
}
