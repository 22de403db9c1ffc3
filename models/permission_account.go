package models

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// membership lets a loaded user ask the database about itself. A copy of the
// user's struct asks for the user it was copied from.
type membership struct{ account *account }

// member is a user that embeds a membership.
type member interface {
	bind(a *account)
	bound() (*account, error)
}

func (m *membership) bind(a *account) { m.account = a }

var errNotBound = errors.New("models: the user was not loaded from the database; " +
	"load it with GORM, or call models.Bind")

func (m *membership) bound() (*account, error) {
	if m.account == nil {
		return nil, errNotBound
	}
	return m.account, nil
}

// account holds what a user needs to ask the database, and the answers. It
// keeps them for its lifetime, one request. It is safe for concurrent use.
type account struct {
	db    *gorm.DB
	user  UserModel
	key   any                   // the user's primary key
	users atomic.Pointer[Users] // of db; made on first use if GORM has loaded the user

	mu      sync.Mutex // held during a query, so that each is made once
	answers            // guarded by mu
}

// superuser reports whether the user is active and has every permission.
func (a *account) superuser() bool {
	user, ok := a.user.(interface{ Superuser() bool })
	return ok && user.Superuser() && a.user.Active()
}

func (a *account) model() (*Users, error) {
	if users := a.users.Load(); users != nil {
		return users, nil
	}
	users, err := UsersOf(a.db)
	if err != nil {
		return nil, err
	}
	a.users.Store(users)
	return users, nil
}

// InGroup reports whether the user is a member of the group of that name. The
// first question reads all of the user's groups with one query.
func (m *membership) InGroup(ctx context.Context, name string) (bool, error) {
	groups, err := m.groups(ctx)
	return groups[name], err
}

// AllGroups returns the names of the user's groups, sorted.
func (m *membership) AllGroups(ctx context.Context) ([]string, error) {
	groups, err := m.groups(ctx)
	return slices.Sorted(maps.Keys(groups)), err
}

func (m *membership) groups(ctx context.Context) (map[string]bool, error) {
	a, err := m.bound()
	if err != nil {
		return nil, err
	}
	a.hold(ctx)
	defer a.mu.Unlock()
	if a.groups == nil {
		if err := a.read(ctx, wanted{groups: true}); err != nil {
			return nil, err
		}
	}
	return a.groups, nil
}

// texts returns the set of strings that a query returns. The set is nil only if
// there is an error.
func (u *Users) texts(ctx context.Context, query string, args ...any) (map[string]bool, error) {
	texts, err := sqlkit.Texts(ctx, u.pool(), query, args...)
	if err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set, nil
}

// Bind lets user, a pointer to a user struct loaded through tx, ask the
// database for its groups and permissions. [User] binds itself; an
// application's own struct calls Bind in its AfterFind hook:
//
//	func (a *Account) AfterFind(tx *gorm.DB) error { models.Bind(tx, a); return nil }
//
// Bind discards what the user has read before.
func Bind(tx *gorm.DB, user UserModel) {
	m, ok := user.(member)
	if !ok || tx == nil {
		return
	}
	s := tx.Statement.Schema
	// The types differ e.g. for a struct that embeds the user.
	if typ := reflect.Indirect(reflect.ValueOf(user)).Type(); s == nil || s.ModelType != typ {
		stmt := &gorm.Statement{DB: tx}
		if err := stmt.Parse(user); err != nil {
			return // it stays unbound, and every question reports that
		}
		s = stmt.Schema
	}
	if s.PrioritizedPrimaryField == nil {
		return
	}
	db := tx.Session(&gorm.Session{NewDB: true, Context: context.Background()})
	key, _ := s.PrioritizedPrimaryField.ValueOf(context.Background(), reflect.ValueOf(user))
	m.bind(&account{db: db, user: user, key: key})
}
