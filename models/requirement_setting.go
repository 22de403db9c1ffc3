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
// password, as Django's login does with allauth.mfa, django-otp or axes. All of
// it is asked at every way in that takes a password. It is a GORM plugin:
//
//	err := db.Use(models.LoginRequirements{
//		Locks: []models.LoginLock{requirements.Axes{}},
//		All:   []models.LoginRequirement{requirements.AllauthMFA{}},
//	})
//
// Package models/requirements holds those for Django's packages. Without a
// declaration the right password is a login, even if Django asks for more;
// [Users.PreflightLogin] finds tables that suggest that it does.
type LoginRequirements struct {
	// Locks are asked in this order, before the password is tested.
	Locks []LoginLock

	// All are asked in this order, once the password was right. A login must
	// meet each of them.
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
// and settings that cannot work.
func (l LoginRequirements) Initialize(db *gorm.DB) error {
	if len(l.Locks)+len(l.All)+len(l.InsecureIgnored) == 0 {
		return errors.New("models: LoginRequirements declares nothing: fill Locks or All, or leave it out")
	}
	if _, err := l.tables(); err != nil {
		return err
	}
	for _, table := range l.InsecureIgnored {
		if known := logintables.All(); !slices.Contains(known, table) {
			return fmt.Errorf("models: LoginRequirements: InsecureIgnored names %q, "+
				"which is not one of %q", table, known)
		}
	}
	return setting.Late(db, loginRequirementsPlugin, "models: LoginRequirements", usersReaders)
}

// tables returns what the locks and the requirements read, see [LoginTables]. It
// returns an error if one of them is nil, or its settings cannot work.
func (l LoginRequirements) tables() (needed map[string][]string, err error) {
	var all []any
	for _, lock := range l.Locks {
		all = append(all, lock)
	}
	for _, requirement := range l.All {
		all = append(all, requirement)
	}
	if slices.Contains(all, nil) {
		return nil, errors.New("models: LoginRequirements: a lock or a requirement is nil")
	}
	needed = map[string][]string{}
	for _, reader := range all {
		t, ok := reader.(LoginTables)
		if !ok {
			continue
		}
		tables, err := t.LoginTables()
		if err != nil {
			return nil, fmt.Errorf("models: LoginRequirements: %w", err)
		}
		for table, columns := range tables {
			needed[table] = append(slices.Clip(needed[table]), columns...)
		}
	}
	return needed, nil
}

func loginRequirementsOf(db *gorm.DB) LoginRequirements {
	l, _ := setting.Of[LoginRequirements](db, loginRequirementsPlugin)
	return l
}
