package models_test

import (
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// TestDefaultHashersBesideADjango checks that a declared Django brings its own
// hashers in its order with its parameters, unless hashers are given.
func TestDefaultHashersBesideADjango(t *testing.T) {
	beside := func(iterations, scrypt int) password.Hashers {
		return password.Hashers{password.PBKDF2SHA256{Iterations: iterations}, password.PBKDF2SHA1{Iterations: iterations},
			password.Argon2{Memory: 102_400, Time: 2, Parallelism: 8}, password.BCryptSHA256{}, password.Scrypt{Parallelism: scrypt}}
	}
	given := password.Hashers{password.BCryptSHA256{}}
	for _, row := range []struct {
		declared  map[stack.Package]string // nil: no stack
		passwords models.Passwords
		want      password.Hashers
	}{
		{nil, models.Passwords{}, password.DefaultHashers()},
		{nil, models.Passwords{Hashers: given}, given},
		{map[stack.Package]string{}, models.Passwords{}, password.DefaultHashers()},
		{map[stack.Package]string{stack.DRF: "3.15"}, models.Passwords{}, password.DefaultHashers()},
		{map[stack.Package]string{stack.Django: "3.2.25"}, models.Passwords{}, beside(260_000, 1)},
		{map[stack.Package]string{stack.Django: "4.0"}, models.Passwords{}, beside(320_000, 1)},
		{map[stack.Package]string{stack.Django: "4.1"}, models.Passwords{}, beside(390_000, 1)},
		{map[stack.Package]string{stack.Django: "4.2"}, models.Passwords{KeepHashes: true}, beside(600_000, 1)},
		{map[stack.Package]string{stack.Django: "5.0"}, models.Passwords{}, beside(720_000, 5)},
		{map[stack.Package]string{stack.Django: "5.1"}, models.Passwords{}, beside(870_000, 5)},
		{map[stack.Package]string{stack.Django: "5.2"}, models.Passwords{}, beside(1_000_000, 5)},
		{map[stack.Package]string{stack.Django: "6.0"}, models.Passwords{}, beside(1_200_000, 5)},
		{map[stack.Package]string{stack.Django: "6.1.1"}, models.Passwords{}, beside(1_500_000, 5)},
		{map[stack.Package]string{stack.Django: "4.2"}, models.Passwords{Hashers: given}, given},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		must(t, db.Use(row.passwords)) // before the stack, which must not matter
		if row.declared != nil {
			releases, err := stack.Newest().Declare(row.declared)
			must(t, err)
			must(t, db.Use(releases))
		}
		checker := hashing.CheckerOf(db)
		if got := checker.Hashers(); !slices.Equal(got, row.want) {
			t.Errorf("%v: %+v, want %+v", row.declared, got, row.want)
		}
		if checker.KeepsHashes() != row.passwords.KeepHashes {
			t.Errorf("%v: KeepHashes %v", row.declared, checker.KeepsHashes())
		}
	}
}
