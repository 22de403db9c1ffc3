package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Announcer sends announcements of revocations to other servers; see
// [Revocation]. Implementations must be safe for concurrent use.
type Announcer interface {
	// Announce sends a message. It bounds its own time, and does not wait for
	// the listeners.
	Announce(ctx context.Context, message string) error
}

// AnnounceChange tells the caches of all servers (package policies/authcache)
// to look up a user's credentials again. The functions of this module that end
// credentials, or change what a user may do, announce it by themselves; this is
// for changes that the application makes in another way, such as by its own
// SQL. A nil user stands for all users.
//
// In a transaction it takes effect when that is committed, on PostgreSQL; see
// [Revocation]. A failure is logged: caches then learn of the change when their
// MaxStaleness has passed.
func (u *Users) AnnounceChange(ctx context.Context, user UserModel) {
	name := announcement.Everything
	if user != nil {
		name = u.announced(user)
	}
	u.announce(ctx, name)
}

// announce tells the caches of all servers to look up again the credentials
// that the AnnouncedAs of a ginauth.Cacheable names so. In [Users.Transaction]
// it is sent when all else has succeeded.
func (u *Users) announce(ctx context.Context, names ...string) {
	if u.ended != nil {
		*u.ended = append(*u.ended, names...)
		return
	}
	err := u.Transaction(ctx, func(tx *Users) error {
		tx.announce(ctx, names...)
		return nil
	})
	u.unannounced(ctx, err)
}

// announced returns the name of a user.
func (u *Users) announced(user UserModel) string { return announcement.User(keyText(u.Key(user))) }

// AnnouncedAs returns the names under which changes to a user are announced; see
// package policies/authcache. It returns none for anything but a user of this
// user model.
func (u *Users) AnnouncedAs(user UserModel) []string {
	if u.Key(user) == nil {
		return nil
	}
	return []string{u.announced(user)}
}

func keyText(key any) string {
	text, ok := sqlkit.KeyText(key)
	if !ok {
		return fmt.Sprint(key)
	}
	return text
}

// announcing calls f, a change that no cache may outlive, and announces it
// under a name.
func (u *Users) announcing(ctx context.Context, name string, f func(tx *Users) error) error {
	if u.revocation.Announcer == nil && !u.notifies() {
		return f(u)
	}
	return u.Transaction(ctx, func(tx *Users) error {
		tx.announce(ctx, name)
		return f(tx)
	})
}

// notifies reports whether the database sends announcements itself.
func (u *Users) notifies() bool {
	return u.revocation.Announcer == nil && u.db.Name() == "postgres"
}

// notify sends what a transaction has to announce with it: those that listen
// get it if, and when, the transaction is committed. A failure undoes nothing
// else.
func (u *Users) notify(ctx context.Context, names []string) {
	if len(names) == 0 || !u.notifies() {
		return
	}
	err := sqlkit.Transaction(ctx, u.db, func(tx *gorm.DB) error { // a savepoint
		_, err := sqlkit.Exec(ctx, sqlkit.Pool(tx),
			"SELECT pg_notify($1, $2)", announcement.Channel, announcement.Of(names...))
		return err
	})
	u.unannounced(ctx, err)
}

// publish sends what a transaction had to announce, which has been committed.
// The client may be gone by now.
func (u *Users) publish(ctx context.Context, names []string) {
	if len(names) == 0 || u.revocation.Announcer == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	u.unannounced(ctx, u.revocation.Announcer.Announce(ctx, announcement.Of(names...)))
}

// announcements handles failures to announce.
var announcements sqlkit.Shared[sqlkit.Tidying]

func (u *Users) unannounced(ctx context.Context, err error) {
	announcements.Of(u.db).Failed(ctx, u.db, "announce a revocation, which caches on other servers now learn late", err)
}
