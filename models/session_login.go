package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what Django made hashes with before 3.1
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/refusal"
)

// ErrStaleSession says that the password of a session's user has been changed
// since the login, or that all credentials of the user have been revoked. The
// session is to be deleted.
var ErrStaleSession = refusal.Unauthorized("models: stale session")

// User returns the active user who is logged in (Django: get_user),
// [ErrStaleSession], or [ErrNotFound] if nobody is: no user was named, or one
// of another backend, who does not exist or is inactive.
//
// That is a query of its own, after the one of [Sessions.Find]: who the user is
// stands inside the session's data, which is signed and compressed, so that no
// SQL can join by it.
func (s *Sessions) User(ctx context.Context, session *Session) (UserModel, error) {
	var id, backend, sum string
	if !session.Get(sessionUserID, &id) || !session.Get(sessionBackend, &backend) || !slices.Contains(s.config.Backends, backend) {
		return nil, ErrNotFound
	}
	user, err := s.byKey.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if !user.Active() {
		return nil, ErrNotFound
	}
	if session.Get(sessionHash, &sum); !s.matches(sum, user) {
		return nil, ErrStaleSession
	}
	if err := s.checkEpoch(ctx, session, user); err != nil {
		return nil, err
	}
	return user, s.renew(session, sum, user)
}

// checkEpoch returns [ErrStaleSession] unless the session was begun in the
// present epoch of its user. One that Django has begun does not say in which,
// so that it was when the session was last written; it will say so if it is
// written here.
func (s *Sessions) checkEpoch(ctx context.Context, session *Session, user UserModel) error {
	epoch, err := s.users.Epoch(ctx, user)
	if err != nil {
		return err
	}
	var recorded Epoch
	known := session.Get(sessionEpoch, &recorded)
	switch {
	case !epoch.Admits(recorded, known, session.signed):
		return ErrStaleSession
	case !known && epoch != 0:
		return session.Set(sessionEpoch, epoch)
	}
	return nil
}

// renew makes the hash of a session anew that was made with a fallback key, for
// when the session is written.
func (s *Sessions) renew(session *Session, sum string, user UserModel) error {
	fresh := s.authHash(user)
	if hmac.Equal([]byte(sum), []byte(fresh)) {
		return nil
	}
	session.outworn = true
	return session.Set(sessionHash, fresh)
}

// Login makes a new session in which the user is logged in, in place of the one
// that the request came with, if any (Django: login). old is the value of its
// cookie: it is never the key of the new session. What an anonymous visitor has
// had in the session is kept, and what the same user had; what belongs to
// somebody else is not. It sets last_login, if the user model has it.
//
// All of it happens in one transaction, or nothing.
func (s *Sessions) Login(ctx context.Context, old string, user UserModel) (*Session, error) {
	former, err := s.Find(ctx, old)
	if errors.Is(err, ErrNotFound) {
		former, err = &Session{}, nil
	}
	if err != nil {
		return nil, err
	}
	id, ok := keyText(s.users.Key(user))
	if !ok {
		return nil, fmt.Errorf("models: the key of %T cannot be kept in a session", user)
	}
	fresh := &Session{values: s.inherited(former, id, user)}
	fresh.Delete(sessionCSRF) // of CSRF_USE_SESSIONS: Django makes another
	if err := s.name(ctx, fresh, id, user); err != nil {
		return nil, err
	}
	return fresh, s.replace(ctx, old, fresh, func(pool gorm.ConnPool) error {
		if !s.users.HasLastLogin() {
			return nil
		}
		return changeRow(ctx, pool, s.users.sql.setLastLogin, now(), s.users.Key(user))
	})
}

// UpdateAuthHash makes a new session in place of this one, for a user whose
// password has just been changed: all sessions but this one are stale from now
// on (Django: update_session_auth_hash). It returns [ErrNotFound] if the
// session is not the user's.
func (s *Sessions) UpdateAuthHash(ctx context.Context, session *Session, user UserModel) (*Session, error) {
	var id string
	if key, _ := keyText(s.users.Key(user)); !session.Get(sessionUserID, &id) || id != key {
		return nil, ErrNotFound
	}
	fresh := &Session{values: session.values, signed: session.signed}
	if err := errors.Join(fresh.Set(sessionHash, s.authHash(user)), s.recordEpoch(ctx, fresh, user)); err != nil {
		return nil, err
	}
	return fresh, s.replace(ctx, string(session.Key), fresh, func(gorm.ConnPool) error { return nil })
}

// inherited is what a user who logs in takes over.
func (s *Sessions) inherited(former *Session, id string, user UserModel) djangosigning.Values {
	var owner, sum string
	former.Get(sessionHash, &sum)
	if former.values.Find(sessionUserID) >= 0 && !(former.Get(sessionUserID, &owner) && owner == id && s.matches(sum, user)) {
		return nil
	}
	return former.values
}

// name puts the user into the session.
func (s *Sessions) name(ctx context.Context, session *Session, id string, user UserModel) error {
	session.Delete(sessionBegan)
	errs := []error{
		session.Set(sessionUserID, id), session.Set(sessionBackend, s.config.Backends[0]), session.Set(sessionHash, s.authHash(user)),
		s.recordEpoch(ctx, session, user),
	}
	if s.config.MaxAge > 0 {
		errs = append(errs, session.Set(sessionBegan, now().Unix()))
	}
	return errors.Join(errs...)
}

// recordEpoch puts the user's epoch into the session, also if it is 0, but not
// in a database that is Django's alone.
func (s *Sessions) recordEpoch(ctx context.Context, session *Session, user UserModel) error {
	session.Delete(sessionEpoch)
	if there, err := s.users.hasEpochs(ctx); err != nil || !there {
		return err
	}
	epoch, err := s.users.Epoch(ctx, user)
	if err != nil {
		return err
	}
	return session.Set(sessionEpoch, epoch)
}

// replace stores a session under a new key, deletes the old one, and does more,
// in one transaction.
func (s *Sessions) replace(ctx context.Context, old string, fresh *Session, more func(pool gorm.ConnPool) error) error {
	fresh.Key = newSessionKey()
	if err := s.seal(fresh); err != nil {
		return err
	}
	err := s.users.transaction(ctx, func(tx *Users) error {
		pool := tx.pool()
		if _, err := pool.ExecContext(ctx, s.sql.insert, string(fresh.Key), string(fresh.Data), fresh.ExpireDate); err != nil {
			return err
		}
		if storable(old, maxSessionKey) {
			if _, err := pool.ExecContext(ctx, s.sql.remove, old); err != nil {
				return err
			}
		}
		return more(pool)
	})
	if err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	return nil
}

// authHash is get_session_auth_hash: what ties a session to the user's
// password.
func (s *Sessions) authHash(user UserModel) string {
	return s.passwordDigest(sha256.New, s.keys[0], user)
}

// matches reports whether a session has the hash of the user's present
// password, by any of the keys. Like Django 3.2 it also believes the SHA-1 of
// earlier ones. No hash matches no user.
func (s *Sessions) matches(sum string, user UserModel) bool {
	for _, key := range s.keys {
		for _, algorithm := range []func() hash.Hash{sha256.New, sha1.New} {
			if hmac.Equal([]byte(sum), []byte(s.passwordDigest(algorithm, key, user))) {
				return true
			}
		}
	}
	return false
}

func (s *Sessions) passwordDigest(algorithm func() hash.Hash, key Secret, user UserModel) string {
	const salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
	return hex.EncodeToString(djangosigning.SaltedHMAC(algorithm, salt, string(key), s.users.encoded(user)))
}
