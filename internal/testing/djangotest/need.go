package djangotest

import (
	"slices"
	"strings"
	"testing"
)

// lacking lists, by the release of Django that one of Debian's suites has, the
// modules that this suite lacks.
var lacking = map[string][]string{
	"3.2": {"allauth.mfa", "fido2"}, // bookworm has allauth 0.51
}

// Need skips the test unless these Python modules are installed, and skips it
// with -short. A module that another Python than Debian's lacks fails
// the test.
func Need(t testing.TB, modules ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out real Django")
	}
	err := importing(t, modules...)
	switch {
	case err == nil:
	case another() != "":
		t.Fatalf("%s: %s", another(), err)
	default:
		t.Skipf("SKIPPED: install Debian's packages that .ci/run names to run this test with real Django: %s", err)
	}
}

// Has reports whether the stack has a module that some of Debian's suites lack.
// The test decides what it checks in either case; it is not skipped. Elsewhere
// than in the suites that are known to lack the module, Has is [Need].
func Has(t testing.TB, module string) bool {
	t.Helper()
	release := ReleasesOf(t).Django
	for django, modules := range lacking {
		if !strings.HasPrefix(release, django+".") || !slices.Contains(modules, module) {
			continue
		}
		if importing(t, module) == nil {
			t.Errorf("Django %s has the module %s: strike it from djangotest's list", release, module)
		}
		t.Logf("Django %s is packaged without the module %s", release, module)
		return false
	}
	Need(t, module)
	return true
}

// importing returns what Python says of an import, or nil if it succeeds.
func importing(t testing.TB, modules ...string) error {
	t.Helper()
	_, err := output(python(t.Context(), "-c", "import "+strings.Join(modules, ", ")))
	return err
}
