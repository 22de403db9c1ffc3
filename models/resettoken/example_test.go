package resettoken_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
)

// exampleDatabase returns a database in memory with one user.
func exampleDatabase(ctx context.Context, alice *models.User) *gorm.DB {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(db.Use(models.SecretKeys{"a long random secret of this example"}),
		models.Migrate(db), models.CreateUser(ctx, db, alice, "correct horse"))
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// A link is sent to the address of the user, and is good for one change of the
// password.
func Example() {
	ctx := context.Background()
	db := exampleDatabase(ctx, &models.User{Username: "alice", Email: "alice@example.com"})
	resets, err := resettoken.Of(db)
	if err != nil {
		log.Fatal(err)
	}

	// A visitor has asked for a link.
	users, err := resets.FindByEmail(ctx, "Alice@example.com")
	if err != nil || len(users) != 1 {
		log.Fatal(users, err)
	}
	token, err := resets.MakeToken(ctx, users[0])
	if err != nil {
		log.Fatal(err)
	}
	link := resets.UID(users[0]) + "/" + string(token)

	// The owner of the address has followed it.
	uid, sent, _ := strings.Cut(link, "/")
	user, err := resets.SetPassword(ctx, uid, sent, "battery staple")
	fmt.Println(user, err)
	_, err = resets.SetPassword(ctx, uid, sent, "once again")
	fmt.Println(err)
	// Output:
	// alice <nil>
	// resettoken: invalid token
}

// Tokens that activate an account, as a subclass of Django's generator makes
// them.
func ExampleConfig_value() {
	ctx := context.Background()
	alice := &models.User{Username: "alice"}
	db := exampleDatabase(ctx, alice)
	activation, err := resettoken.Of(db, resettoken.Config{
		KeySalt:  "accounts.tokens.ActivationTokenGenerator",
		Inactive: true,
		Value: func(_ context.Context, user models.UserModel, base string, _ int64) (string, error) {
			if user.Active() {
				return base + "True", nil
			}
			return base + "False", nil
		},
	})
	users, err2 := models.UsersOf(db)
	if err := errors.Join(err, err2); err != nil {
		log.Fatal(err)
	}
	err = users.SetActive(ctx, alice, false)
	token, err2 := activation.MakeToken(ctx, alice)
	if err := errors.Join(err, err2); err != nil {
		log.Fatal(err)
	}

	user, err := activation.Find(ctx, activation.UID(alice), string(token))
	if err := errors.Join(err, users.SetActive(ctx, user, true)); err != nil {
		log.Fatal(err)
	}
	_, err = activation.Find(ctx, activation.UID(alice), string(token))
	fmt.Println(user, "is active:", user.Active(), "the token:", err)
	// Output: alice is active: true the token: resettoken: invalid token
}
