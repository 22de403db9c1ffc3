package drf

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/stack"
)

// Stack declares the releases of the Python packages that the application runs
// beside, so that no client can tell which of the two servers answered. It is a
// setting of a database, a GORM plugin: declare it once, before the database is
// given to ginauth. A later db.Use returns an error.
//
//	err := db.Use(drf.Stack{Django: "4.2", DRF: "3.16", SimpleJWT: "5.5.1", APIKey: "3.1"})
//
// A field is a release such as "5.2" or "5.5.1"; "5.5" is 5.5.0. An empty field
// stands for the newest release that ginauth knows: Django 5.2 (whose answers
// 6.1 gives too), DRF 3.18, simplejwt 5.5.1, djangorestframework-api-key 3.1.
// Nothing is guessed at run time. Change the declaration in the same deployment
// as the package, and never to a newer Django than one that runs;
// docs/from-drf.md lists what each release changed.
//
// Naming Django also gives new password hashes Django's parameters, so that
// neither server replaces the other's; see [models.Passwords].
//
// [models.Passwords]: https://pkg.go.dev/github.com/ginauth/ginauth/models#Passwords
type Stack struct {
	Django    string // from 3.2 to 6.1
	DRF       string // from 3.14 to 3.18
	SimpleJWT string // from 5.2 to 5.5
	APIKey    string // from 2.0 to 3.1
}

// Name returns the plugin's name.
func (Stack) Name() string { return "ginauth:drf_stack" }

// Initialize refuses releases that ginauth does not know, and a declaration that
// comes too late.
func (s Stack) Initialize(db *gorm.DB) error {
	releases, err := stack.Declaration(s).Releases()
	if err != nil {
		return fmt.Errorf("drf: Stack: %w", err)
	}
	return db.Use(releases)
}
