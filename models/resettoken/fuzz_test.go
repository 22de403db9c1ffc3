package resettoken_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
)

// FuzzCheckToken checks that only the text that was made is accepted.
func FuzzCheckToken(f *testing.F) {
	db := dbtest.Open(f, ":memory:")
	if err := errors.Join(db.Use(models.SecretKeys{"a key of more than 16 bytes"}), models.Migrate(db)); err != nil {
		f.Fatal(err)
	}
	alice := &models.User{Username: "alice", IsActive: true}
	if err := db.Create(alice).Error; err != nil {
		f.Fatal(err)
	}
	g, err := resettoken.Of(db)
	if err != nil {
		f.Fatal(err)
	}
	made, err := g.MakeToken(f.Context(), alice)
	if err != nil {
		f.Fatal(err)
	}
	uid, token := g.UID(alice), string(made)
	f.Add(uid, token)
	f.Add("MQ==", "0"+token)
	f.Add(" MQ", "zzzzzzzzzzzzz-0")
	f.Add("LTE", "-"+token)
	f.Add("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", "1-\x00")
	f.Fuzz(func(t *testing.T, someUID, someToken string) {
		_, err := g.Find(t.Context(), someUID, someToken)
		if err != nil && !errors.Is(err, resettoken.ErrInvalid) {
			t.Fatal(err)
		}
		if err == nil && someToken != token {
			t.Fatalf("%q of %q is accepted", someToken, someUID)
		}
	})
}
