package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/oidc"
)

func enrolled(t *testing.T, db *gorm.DB) *models.Users {
	t.Helper()
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	users := must(models.UsersOf(db))
	for _, name := range []string{"alice", "carol"} {
		if _, err := users.Enrol(t.Context(), name, func(u *models.User) error {
			u.IsActive, u.Email = name != "carol", name+"@example.test"
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return users
}

// TestUsersOfTheDatabase checks that the user that a token names must exist, be
// active, and not have revoked all credentials since.
func TestUsersOfTheDatabase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := enrolled(t, db)
		i := newIssuer(t, jwk("1", rsaKey()))
		now := newClock()
		now.seconds.Store(time.Now().Unix())
		fresh := func(claims object) string {
			all := object{"iat": now.seconds.Load(), "exp": now.seconds.Load() + 100}
			for name, value := range claims {
				all[name] = value
			}
			return i.good(all)
		}
		config := i.config(now)
		config.UserField = "username"
		h := guarded(oidc.NewAuthenticator(db, config))
		alice := must(users.ByUsername(t.Context(), "alice"))
		for _, row := range []struct {
			name   string
			claims object
			status int
		}{
			{"there", nil, 200},
			{"inactive", object{"sub": "carol"}, 401},
			{"unknown", object{"sub": "mallory"}, 401},
			{"in another case", object{"sub": "ALICE"}, 401},
			{"with a blank", object{"sub": "alice "}, 401},
			{"SQL", object{"sub": "alice' OR '1'='1"}, 401},
			{"NUL", object{"sub": "alice\x00"}, 401},
			{"nobody", object{"sub": ""}, 401},
			{"a list", object{"sub": []string{"alice"}}, 401},
			{"an object", object{"sub": object{"$ne": ""}}, 401},
			{"a flag", object{"sub": true}, 401},
		} {
			status, body := me(h, fresh(row.claims))
			if status != row.status || status == 401 && !strings.Contains(body, `"detail":"User not found"`) {
				t.Errorf("%s: %d %s, want %d", row.name, status, body, row.status)
			}
		}

		if err := users.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if status, _ := me(h, fresh(nil)); status != 401 {
			t.Errorf("issued before all was revoked: %d", status)
		}
		if status, _ := me(h, fresh(object{"iat": nil})); status != 401 {
			t.Errorf("issued at an unknown time: %d", status)
		}
		now.move(2 * time.Second)
		if status, body := me(h, fresh(nil)); status != 200 {
			t.Errorf("issued afterwards: %d %s", status, body)
		}

		config.UserField, config.UserClaim = "id", "number"
		h = guarded(oidc.NewAuthenticator(db, config))
		id := users.Key(alice)
		for claim, want := range map[any]int{id: 200, "x": 401, -1: 401, 0: 401, "": 401} {
			if status, body := me(h, fresh(object{"number": claim})); status != want {
				t.Errorf("by id %v: %d %s", claim, status, body)
			}
		}
	})
}

// person has a unique email.
type person struct {
	models.AbstractBaseUser
	ID    int64  `gorm:"primaryKey"`
	Email string `gorm:"unique"`
}

func (*person) Active() bool { return true }

// TestEmailMustBeVerified checks that an email must be verified: a user who
// types in another person's address would otherwise become that person.
func TestEmailMustBeVerified(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.AuthUserModel[person]{UsernameField: "email"}); err != nil {
		t.Fatal(err)
	}
	if err := db.AutoMigrate(&person{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&person{ID: 7, Email: "alice@example.test"}).Error; err != nil {
		t.Fatal(err)
	}
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	config.UserField, config.UserClaim = "email", "email"
	h := guarded(oidc.NewAuthenticator(db, config))
	byToken := config
	byToken.UserField = ""
	others := []http.Handler{
		guarded(oidc.NewStatelessAuthenticator(byToken)),
		guarded(oidc.NewAuthenticatorFunc(byToken, func(_ context.Context, token *jwt.Token) (ginauth.User, error) {
			return &oidc.TokenUser{ID: token.UserID, Token: token}, nil
		})),
	}
	for _, other := range others {
		for verified, want := range map[bool]int{true: 200, false: 401} {
			if status, body := me(other, i.good(object{"email": "alice@example.test", "email_verified": verified})); status != want {
				t.Errorf("without a database, verified %v: %d %s", verified, status, body)
			}
		}
	}
	for _, row := range []struct {
		claims object
		status int
	}{
		{object{"email": "alice@example.test", "email_verified": true}, 200},
		{object{"email": "alice@example.test", "email_verified": false}, 401},
		{object{"email": "alice@example.test", "email_verified": "true"}, 401},
		{object{"email": "alice@example.test", "Email_Verified": true}, 401},
		{object{"email": "alice@example.test"}, 401},
		{object{"email": "mallory@example.test", "email_verified": true}, 401},
		{object{"email_verified": true}, 401},
	} {
		if status, body := me(h, i.good(row.claims)); status != row.status {
			t.Errorf("%v: %d %s, want %d", row.claims, status, body, row.status)
		}
	}
}

// TestDatabaseIsDown checks that the answer is 503, and that the client learns
// nothing about the database.
func TestDatabaseIsDown(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	enrolled(t, db)
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	config.UserField = "username"
	h := guarded(oidc.NewAuthenticator(db, config))
	if status, body := me(h, i.good(nil)); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if err := must(db.DB()).Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := me(h, i.good(nil)); status != 503 || strings.Contains(body, "closed") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := me(h, i.good(object{"aud": "other"})); status != 401 {
		t.Errorf("a wrong token: %d", status)
	}
}

type account struct{ authenticated, active bool }

func (a *account) Authenticated() bool { return a.authenticated }
func (a *account) Active() bool        { return a.active }

// TestAuthenticatorFunc checks the answers to the results of the application's
// function.
func TestAuthenticatorFunc(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	for name, row := range map[string]struct {
		user   ginauth.User
		err    error
		status int
	}{
		"a user":               {&account{true, true}, nil, 200},
		"one who is inactive":  {&account{true, false}, nil, 401},
		"one who is nobody":    {&account{false, true}, nil, 401},
		"nil":                  {nil, nil, 401},
		"a nil pointer":        {(*account)(nil), nil, 401},
		"not found":            {nil, models.ErrNotFound, 401},
		"no credentials":       {&account{true, true}, ginauth.ErrNoCredentials, 401},
		"a refusal":            {nil, ginauth.PermissionDenied(), 403},
		"a failure":            {&account{true, true}, errors.New("the database went away"), 503},
		"a failure, cancelled": {nil, context.Canceled, 503},
	} {
		a := oidc.NewAuthenticatorFunc(i.config(newClock()), func(_ context.Context, token *jwt.Token) (ginauth.User, error) {
			var claims struct{ Aud string }
			if err := token.Claims(&claims); err != nil || token.UserID != "alice" || claims.Aud != audience {
				t.Errorf("%s: %v %+v", name, err, token)
			}
			return row.user, row.err
		})
		h := guarded(a)
		if status, body := me(h, i.good(nil)); status != row.status || strings.Contains(body, "went away") {
			t.Errorf("%s: %d %s, want %d", name, status, body, row.status)
		}
		if w := get(h, "/any", i.good(nil)); w.Code != row.status {
			t.Errorf("%s, on an open route: %d", name, w.Code)
		}
	}
}

// TestEnrolment checks that many simultaneous first requests create one user.
func TestEnrolment(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := enrolled(t, db)
		i := newIssuer(t, jwk("1", rsaKey()))
		h := guarded(oidc.NewAuthenticatorFunc(i.config(newClock()), func(ctx context.Context, token *jwt.Token) (ginauth.User, error) {
			return users.Enrol(ctx, "oidc:"+token.UserID, nil)
		}))
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if status, body := me(h, i.good(nil)); status != 200 {
					t.Errorf("%d %s", status, body)
				}
			})
		}
		group.Wait()
		var count int64
		if err := db.Model(&models.User{}).Where("username = ?", "oidc:alice").Count(&count).Error; err != nil || count != 1 {
			t.Errorf("%d users, %v", count, err)
		}
		registered := &models.User{Username: "oidc:mallory"}
		if err := models.CreateUserUnvalidated(t.Context(), db, registered, "mallory's password"); err != nil {
			t.Fatal(err)
		}
		if status, body := me(h, i.good(object{"sub": "mallory"})); status != 401 {
			t.Errorf("a name that was registered before: %d %s", status, body)
		}
		if status, body := me(h, i.good(object{"sub": strings.Repeat("x", 200)})); status != 401 {
			t.Errorf("a name that no user can have: %d %s", status, body)
		}
		early := i.good(object{"iat": 1_000_000_000})
		if status, body := me(h, early); status != 200 {
			t.Errorf("before anything was revoked: %d %s", status, body)
		}
		user, err := users.ByUsername(t.Context(), "oidc:alice")
		if err == nil {
			err = users.RevokeAll(t.Context(), user)
		}
		if err != nil {
			t.Fatal(err)
		}
		if status, body := me(h, early); status != 401 {
			t.Errorf("after all credentials were revoked: %d %s", status, body)
		}
	})
}
