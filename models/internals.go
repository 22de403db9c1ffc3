package models

import (
	"context"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// internals is what the packages beside this one ask of a Users, see
// [userkit.Users].
type internals struct{ *Users }

func init() {
	userkit.Of = func(users any) userkit.Users { return internals{users.(*Users)} }
}

// Table returns the table of the user model.
func (u internals) Table() *usertable.Table { return u.table }

// NewRow returns the destination of one user in a result.
func (u internals) NewRow(ctx context.Context) *usertable.Row { return usertable.NewRow(ctx, u) }

// LoginRequirements returns the login.Requirements of the database, or nil.
func (u internals) LoginRequirements() gorm.Plugin { return u.requirements }

// Loaded implements [usertable.Owner].
func (u internals) Loaded(user usertable.User, e *epoch.Epoch) {
	if m, ok := user.(member); ok {
		a := &account{db: u.db, user: user, key: u.Key(user)}
		a.users.Store(u.Users)
		m.bind(a)
	}
	if s, ok := user.(stamped); ok && e != nil {
		s.setEpoch(*e)
	}
}

// EpochsExist reports whether the table of epochs exists.
func (u internals) EpochsExist(ctx context.Context) (bool, error) { return u.epochsExist(ctx) }

// Announce tells the caches of all servers that credentials have changed.
func (u internals) Announce(ctx context.Context, names ...string) { u.announce(ctx, names...) }
