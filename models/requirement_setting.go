package models

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/setting"
)

const loginRequirementsPlugin = "ginauth:login_requirements"

// LoginRequirements sets what a database asks of every login besides the right
// password, as Django's login does with allauth.mfa, django-otp or axes. It is
// a GORM plugin:
//
//	err := db.Use(models.LoginRequirements{All: []models.LoginRequirement{
//		requirements.AllauthMFA{},
//	}})
//
// Package models/requirements holds those for Django's packages. Without a
// declaration the right password is a login, even if Django asks for more;
// [Users.PreflightLogin] finds tables that suggest that it does.
type LoginRequirements struct {
	// All are asked in this order. A login must meet each of them.
	All []LoginRequirement

	// InsecureIgnored names tables of Django's packages that are there and have
	// no influence on logins here, e.g. "account_emailaddress" where Django
	// does not demand a verified address. A user who has a second factor in an
	// ignored table logs in with the password alone.
	InsecureIgnored []string
}

// Name returns the plugin's name.
func (LoginRequirements) Name() string { return loginRequirementsPlugin }

// Initialize refuses a declaration that says nothing, one that comes too late,
// and a requirement that has a method Validate() error and returns one.
func (l LoginRequirements) Initialize(db *gorm.DB) error {
	if len(l.All)+len(l.InsecureIgnored) == 0 {
		return errors.New("models: LoginRequirements declares nothing: fill All, or leave it out")
	}
	for i, r := range l.All {
		if r == nil {
			return fmt.Errorf("models: LoginRequirements: requirement %d is nil", i+1)
		}
		if v, ok := r.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("models: LoginRequirements: %w", err)
			}
		}
	}
	for _, table := range l.InsecureIgnored {
		if known := logintables.All(); !slices.Contains(known, table) {
			return fmt.Errorf("models: LoginRequirements: InsecureIgnored names %q, which is none of %q", table, known)
		}
	}
	return setting.Late(db, loginRequirementsPlugin, "models: LoginRequirements", usersReaders)
}

func loginRequirementsOf(db *gorm.DB) LoginRequirements {
	l, _ := setting.Of[LoginRequirements](db, loginRequirementsPlugin)
	return l
}
