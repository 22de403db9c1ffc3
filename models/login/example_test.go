package login_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// A tool, whose caller is trusted, checks a password without a limit.
func ExampleAuthenticateUnlimited() {
	ctx := context.Background()
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	alice := &models.User{Username: "alice"}
	err = errors.Join(models.Migrate(db), models.CreateUser(ctx, db, alice, "correct horse"))
	users, failed := models.UsersOf(db)
	if err = errors.Join(err, failed); err != nil {
		log.Fatal(err)
	}

	result, err := login.AuthenticateUnlimited(ctx, users, login.Credentials{Username: "alice", Password: "correct horse"})
	fmt.Println(result.User, err)
	_, err = login.AuthenticateUnlimited(ctx, users, login.Credentials{Username: "alice", Password: "battery staple"})
	fmt.Println(errors.Is(err, models.ErrBadCredentials))
	// Output:
	// alice <nil>
	// true
}
