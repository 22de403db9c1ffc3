package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// answers holds what a user has read of its groups and permissions. The first
// question about permissions reads those that it names, since a user may have
// thousands. The second reads all, since others are likely to follow.
type answers struct {
	groups map[string]bool // the names of the user's groups; nil: not read
	named  map[string]bool // whether the user has each permission that was named; nil: none was
	perms  map[string]bool // the user's permissions as app_label.codename; nil: not all were read

	late  bool        // a replica may have answered
	begun atomic.Bool // something was read, or need not be
}

// maxNamed is how many permissions a statement names at most; for more it reads
// all.
const maxNamed = 4

// permission reports whether the user has a permission, and whether that is
// known.
func (a *answers) permission(perm string) (has, known bool) {
	if a.perms != nil {
		return a.perms[perm], true
	}
	has, known = a.named[perm]
	return has, known
}

// wanted says what a statement reads.
type wanted struct {
	groups bool
	names  []string // permissions
	all    bool     // all permissions
}

// want returns what to read for a question: the groups, or these permissions.
func (a *answers) want(groups bool, perms []string) wanted {
	w := wanted{groups: groups, names: perms}
	if a.named != nil || len(perms) > maxNamed || slices.ContainsFunc(perms, irregular) {
		w.names, w.all = nil, len(perms) > 0
	}
	return w
}

// irregular reports whether a text is not the name of an app and a codename
// that a database could compare. Django compares the whole, wherever its dot.
func irregular(perm string) bool {
	return strings.Count(perm, ".") != 1 || !sqlkit.Storable(perm, 2*maxCodename+1)
}

// maxCodename is the length of auth_permission's codename and of
// django_content_type's app_label.
const maxCodename = 100

// keep records what a statement has read. Each text begins with what it is.
func (a *answers) keep(w wanted, texts []string) {
	if w.groups {
		a.groups = map[string]bool{}
	}
	if w.all {
		a.perms = map[string]bool{}
	} else if len(w.names) > 0 {
		a.named = map[string]bool{}
	}
	for _, name := range w.names {
		a.named[name] = false
	}
	for _, text := range texts {
		switch name := text[1:]; {
		case text[0] == aGroup:
			a.groups[name] = true
		case w.all:
			a.perms[name] = true
		case slices.Contains(w.names, name): // the database may compare otherwise
			a.named[name] = true
		}
	}
	a.begun.Store(true)
}

// read reads groups and permissions with one statement. a.mu is held.
func (a *account) read(ctx context.Context, w wanted) error {
	users, err := a.model()
	if err != nil {
		return err
	}
	args := make([]any, 0, 1+4*maxNamed)
	if w.groups {
		args = append(args, a.key)
	}
	for _, name := range w.names {
		app, codename, _ := strings.Cut(name, ".")
		args = append(args, app, codename, a.key, a.key)
	}
	if w.all {
		args = append(args, a.key, a.key)
	}
	texts, err := sqlkit.Texts(ctx, users.pool(), users.sql.aboutUser.text(w), args...)
	if err != nil {
		return fmt.Errorf("find groups and permissions: %w", err)
	}
	a.keep(w, texts)
	a.late = a.late || sqlkit.AnsweredLate(ctx)
	return nil
}

// hold locks the answers. It discards them if a replica has given them and only
// the primary may answer under ctx.
func (a *account) hold(ctx context.Context) {
	a.mu.Lock()
	if !sqlkit.Suffices(ctx, a.late) {
		a.discard()
	}
}

// discard discards the answers. a.mu is held.
func (a *account) discard() {
	a.groups, a.named, a.perms, a.late = nil, nil, nil, false
	a.begun.Store(false)
}

// forget discards the answers, so that the next questions query the database
// again.
func (a *account) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.discard()
}

// Preloaded reports whether the user has read some of its groups or
// permissions, or Preload has found that it need not.
func (m *membership) Preloaded() bool { return m.account != nil && m.account.begun.Load() }

// Preload reads the user's groups and whether it has these permissions, with
// one statement, for questions that are about to be asked. It does nothing if
// the user has read something before.
func (m *membership) Preload(ctx context.Context, groups bool, perms ...string) error {
	a, err := m.bound()
	if err != nil {
		return err
	}
	if !a.user.Active() || a.superuser() {
		perms = nil // no question about them costs a statement
	}
	groups = groups && a.user.Active() // others are hardly asked for a group
	a.hold(ctx)
	defer a.mu.Unlock()
	switch {
	case a.begun.Load():
		return nil
	case !groups && len(perms) == 0:
		a.begun.Store(true)
		return nil
	}
	return a.read(ctx, a.want(groups, perms))
}
