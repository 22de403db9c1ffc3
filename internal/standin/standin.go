// Package standin asks permissions about every user of a kind at once, such as
// all staff. No such user exists: a [User] stands in for them.
package standin

import (
	"context"
	"slices"
	"strings"
)

// Judge is implemented by permissions that judge a [User] as they would any
// user that gives the same answers. Others may look at the type of the user, at
// a credential or at a header, and their refusal of a stand-in says nothing
// about a user; see [User.Doubt].
type Judge interface{ JudgesStandIns() }

// Kind is what all users that a [User] stands in for have in common.
type Kind struct{ Staff, Superuser bool }

// User stands in for the users of a kind. What differs between them, such as
// their groups, it answers in one way for one decision; [Kind.Each] goes
// through the other ways. It is for use by one goroutine.
type User struct {
	kind      Kind
	questions []string // in the order in which they were first asked
	answers   []bool
	doubts    []string
}

// maxWays bounds how many ways to answer are tried for one decision.
const maxWays = 64

// Each calls decide with a stand-in, once for each way to answer what the
// decision asks about the user, until decide returns false. It reports whether
// it has gone through all ways.
func (k Kind) Each(decide func(u *User) (more bool)) (all bool) {
	var questions []string
	var answers []bool
	for range maxWays {
		u := &User{kind: k, questions: questions, answers: answers}
		if !decide(u) {
			return false
		}
		// The next way differs in the last answer that was no. What was asked
		// after it may not be asked again.
		last := len(u.answers) - 1
		for last >= 0 && u.answers[last] {
			last--
		}
		if last < 0 {
			return true
		}
		questions, answers = slices.Clone(u.questions[:last+1]), slices.Clone(u.answers[:last+1])
		answers[last] = true
	}
	return false
}

// ask returns the answer to a question, which is no if it is new.
func (u *User) ask(question string) bool {
	i := slices.Index(u.questions, question)
	if i < 0 {
		i = len(u.questions)
		u.questions, u.answers = append(u.questions, question), append(u.answers, false)
	}
	return u.answers[i]
}

// Questions returns what was asked about the user, such as "group editors".
func (u *User) Questions() []string { return u.questions }

// Doubt records that a permission of that name refused the stand-in, but might
// let a user pass.
func (u *User) Doubt(name string) { u.doubts = append(u.doubts, name) }

// Doubts returns the names given to Doubt.
func (u *User) Doubts() []string { return u.doubts }

// Authenticated implements ginauth.User.
func (*User) Authenticated() bool { return true }

// Active reports true.
func (*User) Active() bool { return true }

// Staff implements policies.StaffUser.
func (u *User) Staff() bool { return u.kind.Staff }

// Superuser is asked by classes for which superusers have every permission.
func (u *User) Superuser() bool { return u.kind.Superuser }

// InGroup implements policies.GroupUser.
func (u *User) InGroup(_ context.Context, name string) (bool, error) {
	return u.ask("group " + name), nil
}

// HasPerms implements policies.PermissionUser.
func (u *User) HasPerms(_ context.Context, perms ...string) (bool, error) {
	if u.kind.Superuser {
		return true, nil
	}
	for _, perm := range perms {
		if !u.ask("permission " + perm) {
			return false, nil
		}
	}
	return true, nil
}

// HasScope implements policies.ScopeUser.
func (u *User) HasScope(_ context.Context, name string) (bool, error) {
	return u.kind.Superuser || u.ask("scope "+name), nil
}

// Subject implements policies.NamedUser.
func (*User) Subject() string { return "stand-in" }

// String returns the kind.
func (u *User) String() string {
	words := []string{"stand-in"}
	if u.kind.Staff {
		words = append(words, "staff")
	}
	if u.kind.Superuser {
		words = append(words, "superuser")
	}
	return strings.Join(words, " ")
}
