package models

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
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

// PreflightLogin says what is wrong with the [LoginRequirements], for a check at
// the start:
//
//   - a table of a requirement, or a column that the requirement needs, does not
//     exist, so that every login fails;
//   - a table of Django's packages exists that no requirement reads, so that
//     what Django asks of a login may be passed by here.
//
// It returns nil if the database does not answer.
func (u *Users) PreflightLogin(ctx context.Context) error {
	needed, err := u.requirements.tables()
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(needed))
	look := slices.Concat(names, logintables.All())
	slices.Sort(look)
	look = slices.Compact(look)
	absent, err := u.tables.Missing(ctx, u.db, look...)
	if err != nil {
		return nil //nolint:nilerr // the database does not answer
	}
	problems := []error{u.undeclared(absent, needed)}
	for _, table := range names {
		if len(needed[table]) == 0 {
			continue
		}
		problems = append(problems, u.checkNeeded(ctx, table, needed[table], slices.Contains(absent, table)))
	}
	return errors.Join(problems...)
}

// undeclared returns an error that names the tables that exist and that no
// requirement reads.
func (u *Users) undeclared(absent []string, needed map[string][]string) error {
	var found []string
	for _, table := range logintables.All() {
		_, read := needed[table]
		ignored := slices.Contains(u.requirements.InsecureIgnored, table)
		if !read && !ignored && !slices.Contains(absent, table) {
			found = append(found, table)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("models: a password alone is a login here, but the database has %s, "+
		"by which Django's login may ask for more: "+
		"declare what it asks with db.Use(models.LoginRequirements{...}), "+
		"see package models/requirements and docs/logins.md, "+
		"or name the tables in InsecureIgnored", strings.Join(found, ", "))
}

// checkNeeded returns an error if a table of a requirement, or one of its
// columns, does not exist.
func (u *Users) checkNeeded(ctx context.Context, table string, columns []string, absent bool) error {
	if absent {
		return fmt.Errorf("models: LoginRequirements: the database has no table %s, so every login fails: "+
			"run Django's migrations first, or do not declare what reads it", table)
	}
	have, err := sqlkit.Texts(ctx, u.pool(), sqlkit.CatalogOf(u.db).Columns+sqlkit.Placeholder(u.db, 1), table)
	if err != nil || len(have) == 0 {
		return nil //nolint:nilerr // the database does not answer, or the table has just gone
	}
	for _, column := range columns {
		if !slices.Contains(have, column) {
			return fmt.Errorf("models: LoginRequirements: the table %s has no column %q, "+
				"so every login fails; it has %s: "+
				"this version of Django's package is not supported", table, column, strings.Join(have, ", "))
		}
	}
	return nil
}
