package standin_test

import (
	"context"
	"testing"

	"github.com/ginauth/ginauth/internal/standin"
)

// TestEach compares the verdicts of a stand-in with those of all users.
func TestEach(t *testing.T) {
	names := []string{"a", "b", "c"}
	for name, rule := range map[string]func(in func(group string) bool) bool{
		"nothing":      func(func(string) bool) bool { return true },
		"a":            func(in func(string) bool) bool { return in("a") },
		"not a":        func(in func(string) bool) bool { return !in("a") },
		"all":          func(in func(string) bool) bool { return in("a") && in("b") && in("c") },
		"any":          func(in func(string) bool) bool { return in("a") || in("b") || in("c") },
		"a, not b":     func(in func(string) bool) bool { return in("a") && !in("b") },
		"a twice":      func(in func(string) bool) bool { first := in("a"); return first == in("a") },
		"contradictor": func(in func(string) bool) bool { return in("a") && !in("a") },
		"one of three": func(in func(string) bool) bool { return in("a") && !in("b") && in("c") },
		"if a, b":      func(in func(string) bool) bool { return in("a") && in("b") || !in("a") && in("c") },
	} {
		want := map[bool]bool{}
		for set := range 8 {
			want[rule(func(group string) bool {
				for i, name := range names {
					if name == group {
						return set&(1<<i) != 0
					}
				}
				return false
			})] = true
		}
		got := map[bool]bool{}
		all := standin.Kind{}.Each(func(u *standin.User) bool {
			got[rule(func(group string) bool {
				ok, err := u.InGroup(context.Background(), group)
				return ok && err == nil
			})] = true
			return true
		})
		if !all || got[true] != want[true] || got[false] != want[false] {
			t.Errorf("%s: %v (all: %t), want %v", name, got, all, want)
		}
	}
}

// TestEachIsBounded checks that a decision with very many questions ends, and
// does not count as complete.
func TestEachIsBounded(t *testing.T) {
	ways := 0
	all := standin.Kind{}.Each(func(u *standin.User) bool {
		ways++
		for i := range 30 {
			_, _ = u.HasScope(t.Context(), string(rune('a'+i)))
		}
		return true
	})
	if all || ways != 64 {
		t.Errorf("%d ways, complete: %t", ways, all)
	}
}

func TestKinds(t *testing.T) {
	for _, row := range []struct {
		kind                            standin.Kind
		staff, superuser, permits, asks bool
	}{
		{standin.Kind{}, false, false, false, true},
		{standin.Kind{Staff: true}, true, false, false, true},
		{standin.Kind{Staff: true, Superuser: true}, true, true, true, false},
	} {
		row.kind.Each(func(u *standin.User) bool {
			perms, _ := u.HasPerms(t.Context(), "core.add_note", "core.view_note")
			scope, _ := u.HasScope(t.Context(), "notes:read")
			asked := len(u.Questions()) > 0
			if u.Staff() != row.staff || u.Superuser() != row.superuser || perms != row.permits || scope != row.permits || asked != row.asks {
				t.Errorf("%v: staff %t, superuser %t, permissions %t, scope %t, asked %v", u, u.Staff(), u.Superuser(), perms, scope, u.Questions())
			}
			return false
		})
	}
}
