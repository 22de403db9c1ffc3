package models_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

func TestTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		token, err := users.GetOrCreateToken(t.Context(), alice)
		if err != nil || len(token.Key) != 40 || token.UserID != alice.ID || time.Since(token.Created) > time.Minute {
			t.Fatal(token, err)
		}
		again, err := users.GetOrCreateToken(t.Context(), alice)
		if err != nil || again.Key != token.Key {
			t.Error("the second call made another token:", err)
		}
		user, found, err := users.ByToken(t.Context(), string(token.Key))
		if err != nil || user.(*models.User).Username != "alice" || found.Key != token.Key || !found.Created.Equal(token.Created) {
			t.Error(user, found, err)
		}
		for _, key := range []string{"", " ", "x", strings.ToUpper(string(token.Key)), string(token.Key) + "0", "\x00",
			"\xff", strings.Repeat("é", 41), "' OR '1'='1"} {
			if _, _, err := users.ByToken(t.Context(), key); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", key, err)
			}
		}
		if deleted, err := users.DeleteToken(t.Context(), alice); !deleted || err != nil {
			t.Error(deleted, err)
		}
		if deleted, err := users.DeleteToken(t.Context(), alice); deleted || err != nil {
			t.Error(deleted, err)
		}
		if _, _, err := users.ByToken(t.Context(), string(token.Key)); !errors.Is(err, models.ErrNotFound) {
			t.Error("a deleted token is found:", err)
		}
	})
}

func TestConcurrentFirstTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		keys := make([]models.Secret, 100)
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				token, err := users.GetOrCreateToken(context.Background(), alice)
				if err != nil {
					t.Error(err)
					return
				}
				keys[i] = token.Key
			})
		}
		wg.Wait()
		for _, key := range keys {
			if key != keys[0] || key == "" {
				t.Fatal("100 first calls gave more than one key")
			}
		}
		var rows int64
		if err := db.Model(&models.Token{}).Count(&rows).Error; err != nil || rows != 1 {
			t.Error(rows, err)
		}
	})
}

func TestAuthenticate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		modeltest.Create(t, db, "élodie", "pässwörd")
		modeltest.Create(t, db, "unusable", "")
		carol := modeltest.Create(t, db, "carol", "pw")
		if err := users.SetActive(t.Context(), carol, false); err != nil {
			t.Fatal(err)
		}
		db.Model(&models.User{}).Where("username = ?", "nohash").Update("password", "")
		for _, row := range []struct {
			name, password string
			ok             bool
		}{
			{"alice", "pw", true}, {"élodie", "pässwörd", true},
			{"alice", "PW", false}, {"alice", "", false}, {"alice", "pw ", false}, {"Alice", "pw", false}, {"alice ", "pw", false},
			{"carol", "pw", false}, {"carol", "x", false}, {"unusable", "", false}, {"unusable", "!", false},
			{"nobody", "pw", false}, {"", "pw", false}, {"", "", false}, {"a\x00", "pw", false}, {"\xff", "pw", false},
			{"' OR 1=1 --", "pw", false}, {"alice", strings.Repeat("p", 4097), false}, {strings.Repeat("a", 5000), "pw", false},
		} {
			result, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(row.name, row.password))
			if row.ok != (err == nil) || err != nil && !errors.Is(err, models.ErrBadCredentials) {
				t.Errorf("%.20q, %.20q: %v", row.name, row.password, err)
			}
			if err == nil && users.Username(result.User) != row.name {
				t.Errorf("%q logged in as %q", row.name, users.Username(result.User))
			}
		}
	})
}

func TestHashesAreUpgradedAtLogin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		old, err := password.PBKDF2SHA1{Iterations: 1}.Encode("pw")
		if err != nil {
			t.Fatal(err)
		}
		stored := func() (hash string) {
			db.Raw("SELECT password FROM auth_user WHERE id = ?", alice.ID).Scan(&hash)
			return hash
		}
		db.Exec("UPDATE auth_user SET password = ? WHERE id = ?", old, alice.ID)
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "wrong")); err == nil || stored() != old {
			t.Error("a wrong password changed the hash:", err, stored())
		}
		_, err = login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "pw"))
		if err != nil || !strings.HasPrefix(stored(), "pbkdf2_sha256$1$") {
			t.Error("not upgraded:", err, stored())
		}
		upgraded := stored()
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "pw")); err != nil || stored() != upgraded {
			t.Error("upgraded twice:", err)
		}
	})
}

func TestSetPassword(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "old")
		modeltest.Create(t, db, "bob", "old")
		if err := users.SetPassword(t.Context(), alice, "new"); err != nil {
			t.Fatal(err)
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "old")); err == nil {
			t.Error("the old password still works")
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "new")); err != nil {
			t.Error(err)
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("bob", "old")); err != nil {
			t.Error("another user's password was changed:", err)
		}
		if err := users.SetPassword(t.Context(), alice, strings.Repeat("p", 4097)); !errors.Is(err, password.ErrTooLong) {
			t.Error(err)
		}
	})
}

func TestCreateUserRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		for _, name := range []string{"", "alice", strings.Repeat("x", 151), "a\x00b", "a\xff"} {
			if err := models.CreateUser(t.Context(), db, &models.User{Username: name}, "pw"); err == nil {
				t.Errorf("%.20q was created", name)
			} else if strings.Contains(err.Error(), "pbkdf2") {
				t.Errorf("the hash is in the error: %v", err)
			}
		}
	})
}

func TestGroups(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice, bob := modeltest.Create(t, db, "alice", "pw"), modeltest.Create(t, db, "bob", "pw")
		group := models.Group{Name: "editors"}
		if err := db.Create(&group).Error; err != nil {
			t.Fatal(err)
		}
		db.Exec("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", alice.ID, group.ID)
		var found models.User // loaded by GORM, as by an application's own authenticator
		if err := db.Where("username = ?", "alice").Take(&found).Error; err != nil {
			t.Fatal(err)
		}
		loaded, err := users.ByUsername(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			user  *models.User
			group string
			want  bool
		}{
			{&found, "editors", true}, {&found, "Editors", false}, {&found, "nobody", false}, {&found, "", false},
			{loaded.(*models.User), "editors", false},
		} {
			if got, err := row.user.InGroup(t.Context(), row.group); got != row.want || err != nil {
				t.Errorf("%s in %q: %v %v", row.user, row.group, got, err)
			}
		}
		if _, err := (&models.User{ID: bob.ID}).InGroup(t.Context(), "editors"); err == nil {
			t.Error("a user from nowhere has no database to ask")
		}
	})
}

func TestAll(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "b", "pw")
		modeltest.Create(t, db, "a", "pw")
		var names []string
		for user, err := range users.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, users.Username(user))
		}
		if strings.Join(names, " ") != "b a" {
			t.Error(names)
		}
	})
}

func TestADatabaseThatIsDownIsAFailure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		_, _, byToken := users.ByToken(t.Context(), strings.Repeat("a", 40))
		_, login := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "pw"))
		_, create := users.GetOrCreateToken(t.Context(), alice)
		_, remove := users.DeleteToken(t.Context(), alice)
		_, group := alice.InGroup(t.Context(), "x")
		for name, err := range map[string]error{"look-up": byToken, "login": login, "create": create, "delete": remove, "group": group,
			"set password": users.SetPassword(t.Context(), alice, "x"), "set active": users.SetActive(t.Context(), alice, true)} {
			if err == nil || errors.Is(err, models.ErrNotFound) || errors.Is(err, models.ErrBadCredentials) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
