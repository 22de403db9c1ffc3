package login

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
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// Requirements sets what a database asks of every login besides the right
// password, as Django's login does with allauth.mfa, django-otp or axes. All of
// it is asked at every way in that takes a password. It is a GORM plugin:
//
//	err := db.Use(login.Requirements{
//		Locks: []login.Lock{requirements.Axes{}},
//		All:   []login.Requirement{requirements.AllauthMFA{}},
//	})
//
// Package models/requirements holds those for Django's packages. Without a
// declaration the right password is a login, even if Django asks for more;
// [Preflight] finds tables that suggest that it does.
type Requirements struct {
	// Locks are asked in this order, before the password is tested.
	Locks []Lock

	// All are asked in this order, once the password was right. A login must
	// meet each of them.
	All []Requirement

	// InsecureIgnored names tables of Django's packages that are there and have
	// no influence on logins here, e.g. "account_emailaddress" where Django
	// does not demand a verified address. A user who has a second factor in an
	// ignored table logs in with the password alone.
	InsecureIgnored []string
}

// Name returns the plugin's name.
func (Requirements) Name() string { return userkit.LoginRequirements }

// Initialize refuses a declaration that says nothing, one that comes too late,
// and settings that cannot work.
func (r Requirements) Initialize(db *gorm.DB) error {
	if len(r.Locks)+len(r.All)+len(r.InsecureIgnored) == 0 {
		return errors.New("login: Requirements declares nothing: fill Locks or All, or leave it out")
	}
	if _, err := r.tables(); err != nil {
		return err
	}
	for _, table := range r.InsecureIgnored {
		if known := logintables.All(); !slices.Contains(known, table) {
			return fmt.Errorf("login: Requirements: InsecureIgnored names %q, "+
				"which is not one of %q", table, known)
		}
	}
	return setting.Late(db, userkit.LoginRequirements, "login: Requirements",
		"models.UsersOf, models.CreateUser, a policy, a handler or a command")
}

// tables returns what the locks and the requirements read, see [TableReader]. It
// returns an error if one of them is nil, or its settings cannot work.
func (r Requirements) tables() (needed map[string][]string, err error) {
	all := r.readers()
	if slices.Contains(all, nil) {
		return nil, errors.New("login: Requirements: a lock or a requirement is nil")
	}
	needed = map[string][]string{}
	for _, reader := range all {
		t, ok := reader.(TableReader)
		if !ok {
			continue
		}
		tables, err := t.Tables()
		if err != nil {
			return nil, fmt.Errorf("login: Requirements: %w", err)
		}
		for table, columns := range tables {
			needed[table] = append(slices.Clip(needed[table]), columns...)
		}
	}
	return needed, nil
}

// requirementsOf returns the setting of the users' database, as it was when they
// were made.
func requirementsOf(users *models.Users) Requirements {
	r, _ := setting.As[Requirements](userkit.Of(users).LoginRequirements())
	return r
}

// CheckDeploy says what is unfit for production: tables that are ignored, and
// what a lock or a requirement says of itself, if it has the method CheckDeploy.
// models.Users.CheckDeploy asks it.
func (r Requirements) CheckDeploy(ctx context.Context) error {
	var problems []error
	if len(r.InsecureIgnored) > 0 {
		problems = append(problems, fmt.Errorf("ignored-tables: "+
			"logins skip something that Django may ask for, because of %s; "+
			"declare a requirement in place of login.Requirements.InsecureIgnored",
			strings.Join(r.InsecureIgnored, ", ")))
	}
	for _, asked := range r.readers() {
		if c, ok := asked.(interface {
			CheckDeploy(ctx context.Context) error
		}); ok {
			problems = append(problems, c.CheckDeploy(ctx))
		}
	}
	return errors.Join(problems...)
}

// readers returns the locks and the requirements.
func (r Requirements) readers() (all []any) {
	for _, lock := range r.Locks {
		all = append(all, lock)
	}
	for _, requirement := range r.All {
		all = append(all, requirement)
	}
	return all
}

// Preflight says what is wrong with the [Requirements] of a database, for a
// check at the start:
//
//   - a table of a requirement, or a column that the requirement needs, does not
//     exist, so that every login fails;
//   - a table of Django's packages exists that no requirement reads, so that
//     what Django asks of a login may be passed by here.
//
// It returns nil if the database does not answer.
func Preflight(ctx context.Context, users *models.Users) error {
	db, requirements := users.Database(), requirementsOf(users)
	needed, err := requirements.tables()
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(needed))
	look := slices.Concat(names, logintables.All())
	slices.Sort(look)
	look = slices.Compact(look)
	absent, err := sqlkit.PresenceOf(db).Missing(ctx, db, look...)
	if err != nil {
		return nil //nolint:nilerr // the database does not answer
	}
	problems := []error{requirements.undeclared(absent, needed)}
	for _, table := range names {
		if len(needed[table]) == 0 {
			continue
		}
		problems = append(problems, checkNeeded(ctx, db, table, needed[table], slices.Contains(absent, table)))
	}
	return errors.Join(problems...)
}

// undeclared returns an error that names the tables that exist and that no
// requirement reads.
func (r Requirements) undeclared(absent []string, needed map[string][]string) error {
	var found []string
	for _, table := range logintables.All() {
		_, read := needed[table]
		ignored := slices.Contains(r.InsecureIgnored, table)
		if !read && !ignored && !slices.Contains(absent, table) {
			found = append(found, table)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("login: a password alone is a login here, but the database has %s, "+
		"by which Django's login may ask for more: "+
		"declare what it asks with db.Use(login.Requirements{...}), "+
		"see package models/requirements and docs/logins.md, "+
		"or name the tables in InsecureIgnored", strings.Join(found, ", "))
}

// checkNeeded returns an error if a table of a requirement, or one of its
// columns, does not exist.
func checkNeeded(ctx context.Context, db *gorm.DB, table string, columns []string, absent bool) error {
	if absent {
		return fmt.Errorf("login: Requirements: the database has no table %s, so every login fails: "+
			"run Django's migrations first, or do not declare what reads it", table)
	}
	have, err := sqlkit.Texts(ctx, sqlkit.Pool(db), sqlkit.CatalogOf(db).Columns+sqlkit.Placeholder(db, 1), table)
	if err != nil || len(have) == 0 {
		return nil //nolint:nilerr // the database does not answer, or the table has just gone
	}
	for _, column := range columns {
		if !slices.Contains(have, column) {
			return fmt.Errorf("login: Requirements: the table %s has no column %q, "+
				"so every login fails; it has %s: "+
				"this version of Django's package is not supported", table, column, strings.Join(have, ", "))
		}
	}
	return nil
}
