package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// rows counts the rows of each table that a condition finds.
func rows(t *testing.T, db *gorm.DB, conditions map[string]string) string {
	t.Helper()
	counts := map[string]int64{}
	for table, condition := range conditions {
		var n int64
		if err := db.Table(table).Where(condition).Count(&n).Error; err != nil {
			t.Fatal(table, err)
		}
		counts[table] = n
	}
	return strings.TrimPrefix(fmt.Sprint(counts), "map")
}

// TestDeleteUser deletes a user that every table refers to.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Execute(t, db, "CREATE TABLE core_note (id integer PRIMARY KEY, owner_id integer REFERENCES auth_user (id))")
		modeltest.Create(t, db, "bob", "")
		alice := modeltest.Create(t, db, "alice", "")
		editors, err := users.GetOrCreateGroup(t.Context(), "editors")
		for _, user := range []string{"alice", "bob"} {
			_, err2 := users.GetOrCreateToken(t.Context(), loaded(t, db, user))
			err = errors.Join(err, err2, users.AddToGroup(t.Context(), loaded(t, db, user), editors))
			modeltest.Execute(t, db,
				"INSERT INTO token_blacklist_outstandingtoken (token, expires_at, user_id, jti) SELECT 'x', '2099-01-01', id, username FROM auth_user"+
					" WHERE username = '"+user+"'")
		}
		err = errors.Join(err, models.SyncPermissions(t.Context(), db, &Note{}), models.AssignPerm(t.Context(), db, "core.add_note", loaded(t, db, "alice"), nil),
			models.AssignPerm(t.Context(), db, "core.add_note", loaded(t, db, "alice"), &Note{ID: 1}))
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]string{
			"auth_user": "", "auth_user_groups": "", "auth_user_user_permissions": "", "guardian_userobjectpermission": "", "authtoken_token": "",
			"token_blacklist_outstandingtoken": "user_id IS NOT NULL", "token_blacklist_blacklistedtoken": "", "ginauth_epoch": "",
		}
		full := rows(t, db, tables)

		modeltest.Execute(t, db, "INSERT INTO core_note SELECT 1, id FROM auth_user WHERE username = 'alice'")
		if err := users.Delete(t.Context(), alice); err == nil || !strings.Contains(err.Error(), "rows of another table refer to it") {
			t.Errorf("alice owns a note: %v", err)
		}
		if got := rows(t, db, tables); got != full {
			t.Errorf("after a refusal: %s, want %s", got, full)
		}

		modeltest.Execute(t, db, "DELETE FROM core_note")
		if err := users.Delete(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		want := "[auth_user:1 auth_user_groups:1 auth_user_user_permissions:0 authtoken_token:1 ginauth_epoch:1 guardian_userobjectpermission:0 " +
			"token_blacklist_blacklistedtoken:1 token_blacklist_outstandingtoken:1]"
		if got := rows(t, db, tables); got != want {
			t.Errorf("rows %s, want %s", got, want)
		}
		if _, err := users.ByUsername(t.Context(), "alice"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("alice: %v", err)
		}
		for _, user := range []models.UserModel{alice, nil, (*models.User)(nil), &models.User{}, &modeltest.Account{}} {
			if err := users.Delete(t.Context(), user); !errors.Is(err, models.ErrNotStored) {
				t.Errorf("delete %v: %v", user, err)
			}
		}
	})
}

// TestDeletedUsersLeaveTheirEpoch checks that the credentials of a deleted user
// do not count for another with the same key.
func TestDeletedUsersLeaveTheirEpoch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "")
		recorded, err := userkit.Of(users).Epoch(t.Context(), loaded(t, db, "alice"))
		if err := errors.Join(err, users.Delete(t.Context(), alice)); err != nil {
			t.Fatal(err)
		}
		if err := db.Create(&models.User{ID: alice.ID, Username: "mallory", IsActive: true}).Error; err != nil {
			t.Fatal(err)
		}
		epoch, err := userkit.Of(users).Epoch(t.Context(), loaded(t, db, "mallory"))
		if err != nil || epoch == recorded || epoch.Admits(recorded, true, alice.DateJoined) || epoch.Admits(0, false, alice.DateJoined) {
			t.Errorf("epoch %d, recorded %d, %v", epoch, recorded, err)
		}
	})
}

// TestDeleteUserOfDjangosDatabase deletes from a database without ginauth's own
// tables.
func TestDeleteUserOfDjangosDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		if err := users.Delete(t.Context(), loaded(t, db, "direct")); err != nil {
			t.Fatal(err)
		}
		if got := grants(t, db); got != "10 3 16 2" {
			t.Errorf("rows %s", got)
		}
		if err := users.Delete(t.Context(), loaded(t, db, "alice")); err == nil || !strings.Contains(err.Error(), "rows of another table refer to it") {
			t.Errorf("alice owns notes: %v", err)
		}
	})
}

// TestSoftDeletion marks a user as deleted, and leaves its rows.
func TestSoftDeletion(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Customer]{UsernameField: "login"})
		modeltest.AutoMigrate(t, db, &modeltest.Customer{})
		users := modeltest.Migrated(t, db)
		if err := db.Create(&modeltest.Customer{Login: "alice"}).Error; err != nil {
			t.Fatal(err)
		}
		alice, err := users.ByUsername(t.Context(), "alice")
		if err == nil {
			_, err = users.GetOrCreateToken(t.Context(), alice)
		}
		if err := errors.Join(err, users.Delete(t.Context(), alice)); err != nil {
			t.Fatal(err)
		}
		if _, err := users.ByUsername(t.Context(), "alice"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("alice: %v", err)
		}
		if got := rows(t, db, map[string]string{"customers": "deleted_at IS NOT NULL", "authtoken_token": ""}); got != "[authtoken_token:1 customers:1]" {
			t.Errorf("rows %s", got)
		}
		if err := users.Delete(t.Context(), alice); !errors.Is(err, models.ErrNotStored) {
			t.Errorf("once more: %v", err)
		}
	})
}
