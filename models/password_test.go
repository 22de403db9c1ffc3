package models_test

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// TestReplacePassword checks that a password is replaced only if it is the one
// that the user was loaded with, and that all credentials end with it.
func TestReplacePassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "first")
		modeltest.Create(t, db, "bob", "bob's")
		late, deleted := modeltest.Lookup(t, users, "alice"), modeltest.Lookup(t, users, "bob")
		alice := modeltest.Lookup(t, users, "alice")
		before := modeltest.EpochOf(t, users, alice)
		if err := userkit.Of(users).ReplacePassword(t.Context(), alice, "second"); err != nil || modeltest.EpochOf(t, users, alice) <= before {
			t.Fatal("the password was not replaced, or no epoch ended:", err)
		}
		if err := userkit.Of(users).ReplacePassword(t.Context(), alice, "third"); err != nil {
			t.Error("the user has not the hash that was stored:", err)
		}
		if err := db.Delete(deleted).Error; err != nil {
			t.Fatal(err)
		}
		for name, user := range map[string]models.UserModel{
			"loaded before": late, "deleted": deleted, "no user": nil, "nil": (*models.User)(nil), "of another kind": &modeltest.Member{},
		} {
			if err := userkit.Of(users).ReplacePassword(t.Context(), user, "fourth"); !errors.Is(err, models.ErrPasswordChanged) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if present := people.Named(t, db, "alice"); modeltest.EpochOf(t, users, present) != modeltest.EpochOf(t, users, alice) {
			t.Error("an epoch ended without a change")
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "third")); err != nil {
			t.Error(err)
		}
	})
}

// TestReplacePasswordConcurrently checks that of many replacements of one
// password exactly one succeeds.
func TestReplacePasswordConcurrently(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "first")
		loaded, errs := make([]models.UserModel, 8), make([]error, 8)
		for i := range loaded { // all of them before the first replacement
			loaded[i] = modeltest.Lookup(t, users, "alice")
		}
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { errs[i] = userkit.Of(users).ReplacePassword(t.Context(), loaded[i], fmt.Sprint("new", i)) })
		}
		group.Wait()
		succeeded := 0
		for i, err := range errs {
			if err == nil {
				succeeded++
				if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", fmt.Sprint("new", i))); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, models.ErrPasswordChanged) {
				t.Error(err)
			}
		}
		if succeeded != 1 {
			t.Errorf("%d succeeded", succeeded)
		}
	})
}

type valued struct {
	ID uuid.UUID `gorm:"type:uuid;primaryKey"`
	models.AbstractBaseUser
	Username string
	Nick     *string
	Phone    sql.NullString
	Size     uint8
	Vip      bool
}

func (*valued) Active() bool { return true }

func TestValue(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	modeltest.SwapUser(t, db, models.AuthUserModel[valued]{})
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	at, nick := time.Unix(1_800_000_000, 0), "al"
	full := &valued{
		ID: uuid.MustParse("0f8fad5b-d9cb-469f-a165-70867728950e"), Username: "alice", Nick: &nick, Phone: sql.NullString{String: "1", Valid: true},
		Size: 3, Vip: true, AbstractBaseUser: models.AbstractBaseUser{LastLogin: &at, Password: "hash"},
	}
	for _, row := range []struct {
		user   models.UserModel
		column string
		want   any
		ok     bool
	}{
		{full, "id", "0f8fad5b-d9cb-469f-a165-70867728950e", true},
		{full, "password", "hash", true},
		{full, "last_login", at, true},
		{full, "nick", "al", true},
		{full, "phone", "1", true},
		{full, "size", int64(3), true},
		{full, "vip", true, true},
		{&valued{}, "last_login", nil, true},
		{&valued{}, "nick", nil, true},
		{&valued{}, "phone", nil, true},
		{full, "Nick", nil, false},
		{full, "", nil, false},
		{nil, "nick", nil, false},
		{(*valued)(nil), "nick", nil, false},
		{&models.User{}, "username", nil, false},
	} {
		if got, ok := userkit.Of(users).Table().Value(row.user, row.column); ok != row.ok || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s of %T: %v, %v", row.column, row.user, got, ok)
		}
	}
}
