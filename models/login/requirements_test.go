package login_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

var errClosed = errors.New("closed")

// closed is a lock that refuses every login.
type closed struct{}

func (closed) Admit(context.Context, login.Attempt) error { return errClosed }

// TestRequirementsGivenByPointer checks that they are asked, whichever form
// db.Use was given.
func TestRequirementsGivenByPointer(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db, &login.Requirements{Locks: []login.Lock{closed{}}})
	users := modeltest.UsersOf(t, db)
	given := login.Credentials{Username: "alice", Password: models.Secret(people.Password("alice"))}
	if result, err := login.AuthenticateUnlimited(t.Context(), users, given); !errors.Is(err, errClosed) {
		t.Errorf("%v, %v", result, err)
	}
}
