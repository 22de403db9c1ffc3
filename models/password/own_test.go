package password_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/models/password"
)

// wrapped is a hasher of an application that embeds another and has a format of
// its own, as Django's documentation shows for wrapping old hashes.
type wrapped struct{ password.PBKDF2SHA256 }

func (wrapped) Algorithm() string { return "wrapped" }

func (w wrapped) Encode(password string) (string, error) {
	encoded, err := w.PBKDF2SHA256.Encode("pepper" + password)
	return "wrapped$" + encoded, err
}

func (w wrapped) Verify(password, encoded string) bool {
	return w.PBKDF2SHA256.Verify("pepper"+password, strings.TrimPrefix(encoded, "wrapped$"))
}

func (w wrapped) MustUpdate(encoded string) bool {
	return w.PBKDF2SHA256.MustUpdate(strings.TrimPrefix(encoded, "wrapped$"))
}

// TestAHasherOfTheApplicationsOwn checks one that embeds a hasher, preferred
// and not.
func TestAHasherOfTheApplicationsOwn(t *testing.T) {
	with := func(iterations int) wrapped { return wrapped{password.PBKDF2SHA256{Iterations: iterations}} }
	other := password.BCryptSHA256{Cost: 4}
	for _, row := range []struct {
		preferred, maker password.Hasher
		replaced         bool
	}{
		{with(2), with(1), true},
		{with(2), with(2), false},
		{with(2), with(3), false},
		{with(2), other, true},
		{other, with(2), true},
	} {
		checker := password.NewChecker(password.Hashers{row.preferred, with(1), other})
		encoded := mustEncode(t, row.maker, "pw")
		for range 2 {
			for _, wrong := range []string{encoded, mustEncode(t, with(9), "pw"), mustEncode(t, other, "pw"), "wrapped$", ""} {
				if r, err := checker.Check(t.Context(), "wrong", wrong); err != nil || r.OK {
					t.Errorf("%s: %+v, %v", wrong, r, err)
				}
			}
		}
		r, err := checker.Check(t.Context(), "pw", encoded)
		if err != nil || !r.OK || (r.Replacement != "") != row.replaced {
			t.Errorf("%+v: %s: %+v, %v", row.preferred, encoded, r, err)
		}
	}
}
