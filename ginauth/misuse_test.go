package ginauth_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// named is a permission that == cannot compare.
type named struct{ names []string }

func (named) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

// pointed is a permission that is a pointer.
type pointed struct{ name string }

func (*pointed) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

// TestAClassComesOnce checks that a class may not be listed twice, which would
// make a throttle count each request twice.
func TestAClassComesOnce(t *testing.T) {
	n := 0
	p := &pointed{"a"}
	for name, declare := range map[string]func() ginauth.Rule{
		"a value":      func() ginauth.Rule { return ginauth.AuthenticationClasses(byHeader{"X"}, byHeader{"X"}) },
		"a pointer":    func() ginauth.Rule { return ginauth.PermissionClasses(p, anyone, p) },
		"with a slice": func() ginauth.Rule { return ginauth.PermissionClasses(named{[]string{"a"}}, named{[]string{"a"}}) },
		"a throttle":   func() ginauth.Rule { return ginauth.ThrottleClasses(never{}, counting{&n}, counting{&n}) },
	} {
		if message := panicOf(t, func() { declare() }); !strings.Contains(message, "twice; name a class once") {
			t.Errorf("%s: %s", name, message)
		}
	}
	ginauth.AuthenticationClasses(byHeader{"X"}, byHeader{"Y"})
	ginauth.PermissionClasses(p, &pointed{"a"}, named{[]string{"a"}}, named{[]string{"b"}}, anyone, member)
	ginauth.ThrottleClasses(counting{&n}, counting{new(int)})
}

// pathless is a loader whose path parameter has an impossible name.
type pathless struct {
	byPath
	name string
}

func (p pathless) PathParameter() string { return p.name }

func TestALoaderNamesItsPathParameter(t *testing.T) {
	for _, name := range []string{"", ":id", "*rest", "a/b"} {
		if message := panicOf(t, func() { ginauth.Object(pathless{name: name}) }); !strings.Contains(message, "it is a name") {
			t.Errorf("%q: %s", name, message)
		}
	}
	ginauth.Object(pathless{name: "id"})
}
