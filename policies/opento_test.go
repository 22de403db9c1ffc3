package policies_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestOpenTo checks which routes the route table calls open.
func TestOpenTo(t *testing.T) {
	open, user, read := ginauth.Public("tests"), policies.IsAuthenticated, policies.ReadOnly
	methods := []string{"GET", "HEAD", "OPTIONS", "POST", "DELETE", "*"}
	for _, c := range []struct {
		class ginauth.Permission
		want  string // the methods that are open, of those above
	}{
		{open, "GET HEAD OPTIONS POST DELETE *"},
		{policies.AllowAny, "GET HEAD OPTIONS POST DELETE *"},
		{user, ""},
		{policies.IsAdminUser, ""},
		{policies.InGroup("editors"), ""},
		{read, "GET HEAD OPTIONS"},
		{policies.IsAuthenticatedOrReadOnly, "GET HEAD OPTIONS"},
		{policies.IsOwner("owner_id"), ""},
		{policies.OwnerOrReadOnly("owner_id"), ""},

		{policies.All(open, user), ""},
		{policies.All(open, read), "GET HEAD OPTIONS"},
		{policies.Any(user, open), "GET HEAD OPTIONS POST DELETE *"},
		{policies.Any(user, read), "GET HEAD OPTIONS"},
		{policies.Any(user, policies.InGroup("editors")), ""},
		{policies.Any(user, policies.All(read, open)), "GET HEAD OPTIONS"},
		{policies.Not(user), ""},
		{policies.Not(open), ""},
		{policies.Deny(open, "no", "no"), "GET HEAD OPTIONS POST DELETE *"},
		{policies.Deny(user, "no", "no"), ""},
		{policies.Conceal(read), "GET HEAD OPTIONS"},

		{drf.All(open, user), ""},
		{drf.All(open, read), "GET HEAD OPTIONS"},
		{drf.Any(user, open), "GET HEAD OPTIONS POST DELETE *"},
		{drf.Any(user, user), ""},
		{drf.Not(user), ""},
	} {
		var got []string
		for _, method := range methods {
			if ginauth.OpenTo(c.class, method) {
				got = append(got, method)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s is open to %q, want %q", ginauth.Name(c.class), got, c.want)
		}
	}
}
