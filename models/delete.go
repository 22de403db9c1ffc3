package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Delete deletes a user, and what the tables that [Migrate] makes hold about
// it: memberships, permissions, DRF's token, the devices of its sessions.
// Refresh tokens are blacklisted and stay without a user, as simplejwt leaves
// them. All credentials end, see [Users.RevokeAll]; the epoch stays in its
// table, so that they do not count for a later user with the same key either. A
// user model with soft deletion is marked as deleted.
//
// Rows of other tables are the application's to delete, before: as long as one
// refers to the user, nothing is deleted and the error says so. (Django deletes
// them too, by its CASCADE.) GORM's hooks are not called. Delete returns
// [ErrNotStored] if the user has no row.
func (u *Users) Delete(ctx context.Context, user UserModel) error {
	there, err := u.epochsExist(ctx)
	if err == nil {
		err = u.announcing(ctx, u.announced(user), func(tx *Users) error {
			return tx.Transaction(ctx, func(tx *Users) error { return tx.delete(ctx, user, there) })
		})
	}
	if err != nil {
		return fmt.Errorf("delete user: %w", explainReference(err))
	}
	return nil
}

func (u *Users) delete(ctx context.Context, user UserModel, epochs bool) error {
	key := u.Key(user)
	if found, err := sqlkit.Row(ctx, u.pool(), u.sql.lockUser, []any{key}, new(int64)); err != nil {
		return err
	} else if !found {
		return ErrNotStored
	}
	if epochs {
		if err := u.lockEpoch(ctx, user, true); err != nil {
			return err
		}
		if _, err := u.endEpoch(ctx, user); err != nil {
			return err
		}
	}
	if err := u.deleteSessionUses(ctx, key); err != nil {
		return err
	}
	if len(u.table.SoftDeleted()) > 0 {
		return changeRow(ctx, u.pool(), u.sql.deleteUser, sqlkit.Now(), key)
	}
	if err := u.deleteReferences(ctx, u.table.Django.Name, key); err != nil {
		return err
	}
	return changeRow(ctx, u.pool(), u.sql.deleteUser, key)
}

// deleteSessionUses deletes what is recorded of the devices that have used the
// user's sessions.
func (u *Users) deleteSessionUses(ctx context.Context, key any) error {
	there, err := u.tables.Has(ctx, u.db, djangoschema.SessionUseTable)
	if there {
		deletion := `DELETE FROM "` + djangoschema.SessionUseTable + `" WHERE "user_id" = `
		_, err = sqlkit.Exec(ctx, u.pool(), deletion+sqlkit.Placeholder(u.db, 1), key)
	}
	return err
}

// deleteReferences deletes the rows that refer to a row of a table, in the
// tables that [Migrate] makes. A column that may be NULL is emptied.
func (u *Users) deleteReferences(ctx context.Context, table string, key any) error {
	for _, r := range djangoschema.ReferencesTo(table, u.table.Django) {
		if there, err := u.tables.Has(ctx, u.db, r.Table); err != nil {
			return err
		} else if !there {
			continue
		}
		from, column := u.db.Statement.Quote(r.Table), u.db.Statement.Quote(r.Column)
		statement := "DELETE FROM " + from
		if r.Null {
			statement = "UPDATE " + from + " SET " + column + " = NULL"
		}
		statement += " WHERE " + column + " = " + sqlkit.Placeholder(u.db, 1)
		if _, err := sqlkit.Exec(ctx, u.pool(), statement, key); err != nil {
			return fmt.Errorf("%s: %w", r.Table, err)
		}
	}
	return nil
}

// explainReference adds the mend to the error of a foreign key.
func explainReference(err error) error {
	const onSQLite, onPostgres = "FOREIGN KEY constraint failed", "23503"
	state, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if ok && state.SQLState() == onPostgres || err != nil && strings.Contains(err.Error(), onSQLite) {
		return fmt.Errorf("rows of another table refer to it, so nothing was deleted: "+
			"delete or change those first: %w", err)
	}
	return err
}
