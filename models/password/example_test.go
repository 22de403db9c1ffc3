package password_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models/password"
)

// The first hasher makes new hashes; all of them verify. CheckPassword also
// reports whether the hash should be replaced.
func ExampleHashers() {
	old := password.Hashers{password.PBKDF2SHA256{Iterations: 1000}}
	hashers := password.Hashers{password.Argon2{}, password.PBKDF2SHA256{}}

	encoded, err := old.MakePassword("correct horse")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.HasPrefix(encoded, "pbkdf2_sha256$1000$"))
	fmt.Println(hashers.CheckPassword("correct horse", encoded))
	fmt.Println(hashers.CheckPassword("battery staple", encoded))
	// Output:
	// true
	// true true
	// false false
}

// Every validator may object; the error has all objections.
func ExampleValidators() {
	err := password.DefaultValidators().Validate(context.Background(), "12345", nil)
	var refused *password.Error
	if errors.As(err, &refused) {
		for _, message := range refused.Messages() {
			fmt.Println(message)
		}
	}
	// Output:
	// This password is too short. It must contain at least 8 characters.
	// This password is too common.
	// This password is entirely numeric.
}

// One hash is computed at a time, and no caller waits longer than the limit.
func ExampleLimits() {
	limits := password.Limits{Concurrent: 1, Wait: time.Millisecond}
	checker := password.NewChecker(password.DefaultHashers(), password.CheckerConfig{Limits: limits})
	err := checker.InTurn(context.Background(), func() {
		_, err := checker.Check(context.Background(), "correct horse", "")
		fmt.Println(errors.Is(err, password.ErrBusy))
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
