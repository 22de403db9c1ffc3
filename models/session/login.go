package session

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// ErrStale reports that since the login the password of the session's user was
// changed, or all credentials of the user were revoked. The caller should
// delete the session.
var ErrStale = refusal.Unauthorized("session: stale session")

// User returns the active user who is logged in (Django: get_user). The error
// is [ErrStale], or [models.ErrNotFound] if the session names no user, or one
// of another backend, or one who does not exist or is inactive.
//
// It costs a query beside that of [Store.Find]: the user's key is inside the
// session's data, which is signed and compressed, so SQL cannot join by it. See
// [Store.FindWithUser].
func (s *Store) User(ctx context.Context, session *Session) (models.UserModel, error) {
	id, ok := s.owner(session)
	if !ok {
		return nil, models.ErrNotFound
	}
	user, err := s.byKey.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.admit(ctx, session, user); err != nil {
		return nil, err
	}
	s.remember(session, user)
	return user, nil
}

// admit returns nil if the user whom the session names is logged in, and
// otherwise the error of [Store.User].
func (s *Store) admit(ctx context.Context, session *Session, user models.UserModel) error {
	if !user.Active() {
		return models.ErrNotFound
	}
	return s.checkCurrent(ctx, session, user)
}

// owner returns the key of the user who is logged in, by one of our backends.
func (s *Store) owner(session *Session) (key string, ok bool) {
	key, ok = session.text(sessionUserID)
	backend, named := session.text(sessionBackend)
	return key, ok && named && slices.Contains(s.config.Backends, backend)
}

// checkCurrent returns [ErrStale] if the session dates from a former password
// of the user, or from a former epoch. It replaces a hash that was made with a
// fallback key; the next write of the session stores it.
func (s *Store) checkCurrent(ctx context.Context, session *Session, user models.UserModel) error {
	matches, current := s.matches(session, user)
	if !matches {
		return ErrStale
	}
	if err := s.checkEpoch(ctx, session, user); err != nil || current {
		return err
	}
	session.rehashed = true
	return session.Set(sessionHash, s.authHash(user))
}

// checkEpoch returns [ErrStale] unless the session was begun in the present
// epoch of its user. A session begun by Django records no epoch; the time at
// which it was last written decides. If it is written here, it records the
// epoch from then on, also if that is 0: being written anew must not carry a
// session past a revocation that this request has not seen.
func (s *Store) checkEpoch(ctx context.Context, session *Session, user models.UserModel) error {
	present, err := userkit.Of(s.users).Epoch(ctx, user)
	if err != nil {
		return err
	}
	recorded, known := session.values.Get().GetInt(sessionEpoch)
	switch {
	case !present.Admits(epoch.Epoch(recorded), known, session.signed):
		return ErrStale
	case !known:
		if there, err := userkit.Of(s.users).EpochsExist(ctx); err != nil || !there {
			return err
		}
		return session.Set(sessionEpoch, present)
	}
	return nil
}

// Login creates a new session in which the user is logged in, in place of the
// request's session, if any (Django: login). old is the value of that session's
// cookie; the new session always gets another key. Values of an anonymous
// session or of the same user's session are kept; those of another user's
// session are not. Login sets last_login if the user model has it.
//
// The session records the time and the factors of this login, see
// [Store.LoggedInAt] and [Store.Methods], in place of those of a former one. A
// factor that a device of allauth.mfa or django-otp has proved is recorded as
// that package does, so that Django believes it.
//
// It runs in one transaction.
func (s *Store) Login(
	ctx context.Context, old string, user models.UserModel, factors ...login.Factor,
) (*Session, error) {
	former, err := s.Find(ctx, old)
	if errors.Is(err, models.ErrNotFound) {
		former, err = &Session{}, nil
	}
	if err != nil {
		return nil, err
	}
	id, ok := sqlkit.KeyText(s.users.Key(user))
	if !ok {
		return nil, fmt.Errorf("session: the key of %T cannot be kept in a session", user)
	}
	fresh := &Session{values: hidden.Of(s.inherited(former, id, user))}
	fresh.Delete(sessionCSRF) // of CSRF_USE_SESSIONS: Django makes another
	if err := errors.Join(s.recordUser(ctx, fresh, id, user), s.recordLogin(fresh, user, factors)); err != nil {
		return nil, err
	}
	return fresh, s.replace(ctx, old, fresh, user, func(tx *models.Users) error {
		if !userkit.Of(tx).Table().HasColumn("last_login") {
			return nil
		}
		return userkit.Of(tx).UpdateLastLogin(ctx, user)
	})
}

// UpdateAuthHash replaces the session with a new one after a change of the
// user's password, which makes all other sessions of the user stale (Django:
// update_session_auth_hash). It returns [models.ErrNotFound] if the session
// belongs to another user or to none.
func (s *Store) UpdateAuthHash(ctx context.Context, session *Session, user models.UserModel) (*Session, error) {
	var id string
	if key, _ := sqlkit.KeyText(s.users.Key(user)); !session.Get(sessionUserID, &id) || id != key {
		return nil, models.ErrNotFound
	}
	fresh := &Session{values: session.values, signed: session.signed}
	if err := errors.Join(fresh.Set(sessionHash, s.authHash(user)), s.recordEpoch(ctx, fresh, user)); err != nil {
		return nil, err
	}
	return fresh, s.replace(ctx, string(session.Key), fresh, user, func(*models.Users) error { return nil })
}

// inherited returns the values that a user who logs in takes over from the
// former session.
func (s *Store) inherited(former *Session, id string, user models.UserModel) djangosigning.Values {
	if former.values.Get().Find(sessionUserID) < 0 {
		return former.values.Get() // an anonymous session
	}
	owner, _ := former.text(sessionUserID)
	if matches, _ := s.matches(former, user); owner == id && matches {
		return former.values.Get()
	}
	return nil
}

// recordUser records the user in the session.
func (s *Store) recordUser(ctx context.Context, session *Session, id string, user models.UserModel) error {
	return errors.Join(
		session.Set(sessionUserID, id),
		session.Set(sessionBackend, s.config.Backends[0]),
		session.Set(sessionHash, s.authHash(user)),
		s.recordEpoch(ctx, session, user),
	)
}

// recordEpoch records the user's epoch in the session, even if it is 0. In a
// database without a table of epochs it records nothing.
func (s *Store) recordEpoch(ctx context.Context, session *Session, user models.UserModel) error {
	session.Delete(sessionEpoch)
	if there, err := userkit.Of(s.users).EpochsExist(ctx); err != nil || !there {
		return err
	}
	present, err := userkit.Of(s.users).Epoch(ctx, user)
	if err != nil {
		return err
	}
	return session.Set(sessionEpoch, present)
}

// replace stores a session of the user under a new key, deletes the old one and
// calls more, all in one transaction.
func (s *Store) replace(
	ctx context.Context, old string, fresh *Session, user models.UserModel, more func(tx *models.Users) error,
) error {
	fresh.Key = newSessionKey()
	if err := s.seal(fresh); err != nil {
		return err
	}
	err := s.users.Transaction(ctx, func(tx *models.Users) error {
		pool := sqlkit.Pool(tx.Database())
		_, err := sqlkit.Exec(ctx, pool, s.sql.insert, string(fresh.Key), string(fresh.Data), fresh.ExpireDate)
		if err != nil {
			return err
		}
		if sqlkit.Storable(old, djangoschema.MaxSessionKey) {
			if _, err := sqlkit.Exec(ctx, pool, s.sql.remove, old); err != nil {
				return err
			}
		}
		return more(tx)
	})
	if err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	s.forget(ctx, old)
	s.remember(fresh, user)
	return nil
}

// authHash returns Django's get_session_auth_hash, which ties a session to the
// user's password.
func (s *Store) authHash(user models.UserModel) string {
	return hex.EncodeToString(s.hashes.Sum(userkit.Of(s.users).Table().PasswordHash(user)))
}

const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// matches reports whether the session has the hash of the user's present
// password under any of the keys, and whether that is [Store.authHash].
func (s *Store) matches(session *Session, user models.UserModel) (matches, current bool) {
	sum, _ := session.text(sessionHash)
	return s.hashes.Verify(userkit.Of(s.users).Table().PasswordHash(user), sum, hex.AppendEncode)
}
