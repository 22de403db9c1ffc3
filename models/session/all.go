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
// few seconds for a million sessions.
func (s *Store) DeleteAll(ctx context.Context, user models.UserModel) (deleted int64, err error) {
	keys, err := s.keysOf(ctx, user)
	if err != nil {
		return 0, fmt.Errorf("find sessions: %w", err)
	}
	for _, key := range keys {
		n, err := sqlkit.Exec(ctx, sqlkit.Pool(s.users.Database()), s.sql.remove, string(key))
		if err != nil {
			return deleted, fmt.Errorf("delete session: %w", err)
		}
		deleted += n
	}
	return deleted, nil
}

// keysOf returns the keys of the user's unexpired sessions.
func (s *Store) keysOf(ctx context.Context, user models.UserModel) (keys []models.Secret, err error) {
	id, ok := sqlkit.KeyText(s.users.Key(user))
	if !ok {
		return nil, fmt.Errorf("session: the key of %T cannot be kept in a session", user)
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
