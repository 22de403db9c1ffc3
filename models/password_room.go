package models

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// unlimited is the room of a column without a length.
const unlimited = -1

// checkRoom returns an error if the column of the user model's passwords is too
// short for a hash, which only PostgreSQL enforces. It asks the database once.
// If the database does not answer, it returns nil; the write that follows then
// fails.
func (u *Users) checkRoom(ctx context.Context, encoded string) error {
	room := u.shared.room.Load()
	if room == 0 { // not known yet
		room = u.passwordRoom(ctx)
		u.shared.room.Store(room)
	}
	if n := utf8.RuneCountInString(encoded); room > 0 && int64(n) > room {
		return fmt.Errorf("models: %s.%s holds %d characters, and new hashes have %d: widen the column, "+
			"or put a hasher first whose hashes fit, such as password.BCrypt{Bare: true}",
			u.table.Name, u.schema.password, room, n)
	}
	return nil
}

// passwordRoom returns the length of the column of passwords, or unlimited, or
// 0 if the database does not answer.
func (u *Users) passwordRoom(ctx context.Context) (room int64) {
	if u.db.Name() != "postgres" {
		return unlimited
	}
	const query = `SELECT a.atttypmod - 4 ` +
		`FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid ` +
		`WHERE c.relname = $1 AND a.attname = $2 AND pg_catalog.pg_table_is_visible(c.oid) AND a.atttypmod > 4 ` +
		`AND a.atttypid IN ('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype)`
	found, err := sqlkit.Row(ctx, u.pool(), query, []any{u.table.Name, u.schema.password}, &room)
	switch {
	case err != nil:
		return 0
	case !found:
		return unlimited
	}
	return room
}
