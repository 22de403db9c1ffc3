package models_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// exampleUser returns the users of a database in memory with one user, alice.
func exampleUser(ctx context.Context, settings ...gorm.Plugin) (*models.Users, models.UserModel) {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	for _, setting := range settings {
		err = errors.Join(err, db.Use(setting))
	}
	alice := &models.User{Username: "alice"}
	err = errors.Join(err, models.Migrate(db), models.CreateUser(ctx, db, alice, "correct horse"))
	users, failed := models.UsersOf(db)
	if err = errors.Join(err, failed); err != nil {
		log.Fatal(err)
	}
	return users, alice
}

// The hashers are a setting of the database.
func ExamplePasswords() {
	_, alice := exampleUser(context.Background(), models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1000}}})
	fmt.Println(string(alice.(*models.User).Password)[:19])
	// Output: pbkdf2_sha256$1000$
}

// Look-ups go to a replica of the database, and may be a second late.
func ExampleReplica() {
	const primary, replica = "postgres://app@a.internal,b.internal/app?target_session_attrs=read-write", "postgres://app@b.internal/app"
	db, err := database.Open(primary)
	if err != nil {
		log.Fatal(err)
	}
	late, err := database.Open(replica)
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Use(models.Replica{DB: late, MaxLag: time.Second}); err != nil {
		log.Fatal(err)
	}
}

// A second call returns the same token.
func ExampleUsers_GetOrCreateToken() {
	ctx := context.Background()
	users, alice := exampleUser(ctx)

	first, err := users.GetOrCreateToken(ctx, alice)
	if err != nil {
		log.Fatal(err)
	}
	second, err := users.GetOrCreateToken(ctx, alice)
	fmt.Println(first.Key == second.Key, len(first.Key), err)
	// Output: true 40 <nil>
}

// All credentials that were issued until now end.
func ExampleUsers_RevokeAll() {
	ctx := context.Background()
	users, alice := exampleUser(ctx)

	issued := time.Now() // of a credential of the application's own
	if err := users.RevokeAll(ctx, alice); err != nil {
		log.Fatal(err)
	}
	fmt.Println(users.RevokedSince(ctx, alice, issued))
	// Output: true <nil>
}

// Member is an application's own user struct, which logs in by mail address.
type Member struct {
	ID int64
	models.AbstractBaseUser
	models.PermissionsMixin
	Email string `gorm:"unique"`
}

// Active implements models.UserModel.
func (*Member) Active() bool { return true }

// The application creates the table of its user struct before Migrate.
func ExampleAuthUserModel() {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(db.Use(models.AuthUserModel[Member]{UsernameField: "email"}), db.AutoMigrate(&Member{}), models.Migrate(db),
		db.Create(&Member{Email: "alice@example.com"}).Error)
	users, failed := models.UsersOf(db)
	if err = errors.Join(err, failed); err != nil {
		log.Fatal(err)
	}
	user, err := users.ByUsername(context.Background(), "alice@example.com")
	fmt.Println(users.Username(user), err)
	// Output: alice@example.com <nil>
}

// With LoginFields users log in by name or address, in any case.
func ExampleLoginFields() {
	ctx := context.Background()
	users, _ := exampleUser(ctx, models.LoginFields{"username", "email"})
	bob := &models.User{Username: "bob", Email: "Bob@example.com"}
	fmt.Println(models.CreateUser(ctx, users.Database(), bob, "battery staple"))

	for _, text := range []string{"bob", "BOB", "bob@EXAMPLE.com"} {
		result, err := login.AuthenticateUnlimited(ctx, users, login.Credentials{Username: text, Password: "battery staple"})
		fmt.Println(users.Username(result.User), err)
	}

	err := models.CreateUser(ctx, users.Database(), &models.User{Username: "Bob"}, "battery staple")
	fmt.Println(errors.Is(err, models.ErrLoginNameTaken))
	// Output:
	// <nil>
	// bob <nil>
	// bob <nil>
	// bob <nil>
	// true
}

// SyncPermissions creates the permissions of a model; AssignPerm grants one.
func ExampleAssignPerm() {
	ctx := context.Background()
	users, alice := exampleUser(ctx)
	db := users.Database()

	err := errors.Join(models.SyncPermissions(ctx, db, &Note{}), models.AssignPerm(ctx, db, "core.change_note", alice, nil))
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := users.ByUsername(ctx, "alice")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.(*models.User).HasPerm(ctx, "core.change_note"))
	fmt.Println(loaded.(*models.User).HasPerm(ctx, "core.delete_note"))
	// Output:
	// true <nil>
	// false <nil>
}

// A user who is added to a group has its permissions, and passes
// policies.InGroup("editors"), from the next request on.
func ExampleUsers_AddToGroup() {
	ctx := context.Background()
	users, alice := exampleUser(ctx)

	editors, err := users.GetOrCreateGroup(ctx, "editors")
	if err = errors.Join(err,
		models.SyncPermissions(ctx, users.Database(), &Note{}),
		models.AssignPerm(ctx, users.Database(), "core.change_note", editors, nil),
		users.AddToGroup(ctx, alice, editors),
	); err != nil {
		log.Fatal(err)
	}
	loaded, err := users.ByUsername(ctx, "alice")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.(*models.User).AllGroups(ctx))
	fmt.Println(loaded.(*models.User).HasPerm(ctx, "core.change_note"))
	// Output:
	// [editors] <nil>
	// true <nil>
}
