package session

import (
	"context"
	"fmt"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// DeleteAll deletes every session of the user and returns their number. Use it
// for servers that do not know of [models.Users.RevokeAll], such as a Django on
// the same database. It also works for a user whose row is gone. A session
// names its user only inside its data, so DeleteAll reads the whole table: a
// few seconds for a million sessions. Concurrent calls on one Store take turns.
func (s *Store) DeleteAll(ctx context.Context, user models.UserModel) (deleted int64, err error) {
	return s.deleteBut(ctx, user, "")
}

// DeleteOthers deletes all sessions of the user but one, on every server at
// once, and returns their number. It deletes those, too, that only Django has
// ever seen, and so costs what [Store.DeleteAll] costs. If keep is nil it keeps
// none. Other credentials of the user remain; [models.Users.RevokeAll] ends them
// all.
func (s *Store) DeleteOthers(ctx context.Context, user models.UserModel, keep *Session) (deleted int64, err error) {
	if keep == nil {
		return s.deleteBut(ctx, user, "")
	}
	return s.deleteBut(ctx, user, keep.Key)
}

// deleteBut deletes the user's sessions, except the one with the key keep.
func (s *Store) deleteBut(ctx context.Context, user models.UserModel, keep models.Secret) (deleted int64, err error) {
	keys, err := s.keysOf(ctx, user)
	if err != nil {
		return 0, fmt.Errorf("find sessions: %w", err)
	}
	for _, key := range keys {
		if key == keep {
			continue
		}
		existed, err := s.Delete(ctx, string(key))
		if err != nil {
			return deleted, err
		}
		if existed {
			deleted++
		}
	}
	return deleted, nil
}

// keysOf returns the keys of the user's unexpired sessions.
func (s *Store) keysOf(ctx context.Context, user models.UserModel) (keys []models.Secret, err error) {
	id, ok := sqlkit.KeyText(s.users.Key(user))
	if !ok {
		return nil, fmt.Errorf("session: the key of %T cannot be kept in a session", user)
	}
	select {
	case s.scanning <- struct{}{}:
		defer func() { <-s.scanning }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(s.users.Database()), s.sql.all, sqlkit.Now()) {
		var key models.Secret
		var data string
		if err == nil {
			err = rows.Scan(&key, &data)
		}
		if err != nil {
			return nil, err
		}
		var owner string
		if values, _ := s.decode(data); values.Get(sessionUserID, &owner) && owner == id {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
