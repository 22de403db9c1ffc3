package models_test

import (
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// Visitor is a user model whose key is a UUID.
type Visitor struct {
	ID   uuid.UUID `gorm:"type:uuid;primaryKey"`
	Nick string    `gorm:"size:40;not null;uniqueIndex"`
	City string
	models.AbstractBaseUser
}

func (*Visitor) Active() bool { return true }

func TestLookup(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
	dbtest.Run(t, func(t *testing.T, django *gorm.DB) {
		dbtest.Fixture(t, django)
		visitors := dbtest.Open(t, newDatabase[django.Name()](t))
		modeltest.SwapUser(t, visitors, models.AuthUserModel[Visitor]{UsernameField: "nick"})
		modeltest.AutoMigrate(t, visitors, &Visitor{})
		if err := visitors.Create(&Visitor{ID: id, Nick: "vera"}).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			db                 *gorm.DB
			column, text, want string // want "": not found
		}{
			{django, "id", "3", "alice"},
			{django, "id", " 3 ", "alice"},
			{django, "id", "0", ""},
			{django, "id", "-3", ""},
			{django, "id", "99999999999", ""},
			{django, "id", "99999999999999999999", ""},
			{django, "id", "3 OR 1=1", ""},
			{django, "id", "", ""},
			{django, "username", "alice", "alice"},
			{django, "username", "aLICE", ""},
			{django, "username", "a\x00", ""},
			{django, "username", strings.Repeat("a", 2000), ""},
			{visitors, "id", id.String(), "vera"},
			{visitors, "id", uuid.Nil.String(), ""},
			{visitors, "id", "vera", ""},
			{visitors, "nick", "vera", "vera"},
			{django, "pk", "3", "alice"},
			{visitors, "pk", id.String(), "vera"},
		} {
			users, err := models.UsersOf(row.db)
			if err != nil {
				t.Fatal(err)
			}
			lookup, err := userkit.Of(users).LookupBy(row.column)
			if err != nil {
				t.Fatal(err)
			}
			user, err := lookup.Find(t.Context(), row.text)
			switch {
			case row.want == "" && !errors.Is(err, models.ErrNotFound), row.want != "" && err != nil:
				t.Errorf("%s %.20q: %v", row.column, row.text, err)
			case row.want != "" && users.Username(user) != row.want:
				t.Errorf("%s %.20q: %s", row.column, row.text, users.Username(user))
			}
		}
		refused(t, django, "email", "must be unique")
		refused(t, django, "nick", "no column")
		refused(t, visitors, "city", "must be unique")
	})
}

// Numbered is a user model with a unique column pk that is not its key.
type Numbered struct {
	ID   int64  `gorm:"primaryKey"`
	PK   int64  `gorm:"column:pk;unique"`
	Nick string `gorm:"not null;unique"`
	models.AbstractBaseUser
}

func (*Numbered) Active() bool { return true }

// TestTheKeyIsNotAColumnOfThatName checks that a session, which names its user
// by the key, does not find the user with that number in a column pk.
func TestTheKeyIsNotAColumnOfThatName(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[Numbered]{UsernameField: "nick"})
		modeltest.AutoMigrate(t, db, &Numbered{})
		if err := errors.Join(db.Use(models.SecretKeys{"a key of 16 bytes or more"}), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		if err := db.Create([]Numbered{{ID: 1, PK: 2, Nick: "alice"}, {ID: 2, PK: 1, Nick: "bob"}}).Error; err != nil {
			t.Fatal(err)
		}
		alice := modeltest.Lookup(t, modeltest.UsersOf(t, db), "alice")
		sessions := modeltest.SessionsOf(t, db, session.Config{})
		begun, err := sessions.Login(t.Context(), "", alice)
		if err != nil {
			t.Fatal(err)
		}
		if user, err := sessions.User(t.Context(), begun); err != nil || user.(*Numbered).Nick != "alice" {
			t.Errorf("the session of alice is that of %v, %v", user, err)
		}
	})
}

// code is a key that scans any text.
type code string

func (c *code) Scan(value any) error {
	text, ok := value.(string)
	*c = code(text)
	if !ok {
		return errors.New("not a text")
	}
	return nil
}

func (c code) Value() (driver.Value, error) { return string(c), nil }

// Coded is a user model whose key is a code.
type Coded struct {
	ID   code   `gorm:"size:40;primaryKey"`
	Nick string `gorm:"not null;unique"`
	models.AbstractBaseUser
}

func (*Coded) Active() bool { return true }

// TestKeysThatScanAnyText checks that a text of a client's that no column holds
// is not found: it is no failure of the database, and stands for no other key.
func TestKeysThatScanAnyText(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, coded *gorm.DB) {
		modeltest.SwapUser(t, coded, models.AuthUserModel[Coded]{UsernameField: "nick"})
		modeltest.AutoMigrate(t, coded, &Coded{})
		visitors := dbtest.Open(t, newDatabase[coded.Name()](t))
		modeltest.SwapUser(t, visitors, models.AuthUserModel[Visitor]{UsernameField: "nick"})
		modeltest.AutoMigrate(t, visitors, &Visitor{})
		if err := errors.Join(coded.Create(&Coded{ID: "x-1", Nick: "carol"}).Error, visitors.Create(&Visitor{Nick: "nobody"}).Error); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			db         *gorm.DB
			text, want string // want "": not found
		}{
			{coded, "x-1", "carol"},
			{coded, "", ""},
			{coded, "x-1\x00", ""},
			{coded, "x-1\xff", ""},
			{coded, strings.Repeat("x", 2000), ""},
			{visitors, uuid.Nil.String(), "nobody"},
			{visitors, "", ""}, // which a uuid.UUID scans as the nil UUID
		} {
			users := modeltest.UsersOf(t, row.db)
			lookup, err := userkit.Of(users).LookupBy("pk")
			if err != nil {
				t.Fatal(err)
			}
			user, err := lookup.Find(t.Context(), row.text)
			switch {
			case row.want == "" && !errors.Is(err, models.ErrNotFound), row.want != "" && err != nil:
				t.Errorf("%.20q: %v, %v", row.text, user, err)
			case row.want != "" && users.Username(user) != row.want:
				t.Errorf("%.20q: %s", row.text, users.Username(user))
			}
		}
	})
}

func refused(t *testing.T, db *gorm.DB, column, want string) {
	t.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := userkit.Of(users).LookupBy(column); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", column, err, want)
	}
}

func TestUpdateLastLogin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		user, err := users.ByUsername(t.Context(), "alice")
		if err != nil || !userkit.Of(users).Table().HasColumn("last_login") {
			t.Fatal(err)
		}
		if err := userkit.Of(users).UpdateLastLogin(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		var stored []models.User
		if err := db.Where("last_login IS NOT NULL").Find(&stored).Error; err != nil || len(stored) != 1 {
			t.Fatalf("%d users, %v", len(stored), err)
		}
		at := user.(*models.User).LastLogin
		if !stored[0].LastLogin.Equal(*at) || time.Since(*at) > time.Minute {
			t.Errorf("stored %v, loaded %v", stored[0].LastLogin, at)
		}
	})
}
