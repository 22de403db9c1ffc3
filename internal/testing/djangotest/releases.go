package djangotest

import (
	"context"
	_ "embed" // releases.py
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/ginauth/ginauth/internal/stack"
)

// Releases are the releases of the Python packages that the tests run, such as
// "5.2.18". That of a package that is not installed is empty.
type Releases struct {
	Python, Django, DRF, SimpleJWT, PyJWT, APIKey, Guardian, OAuthToolkit, Allauth, OTP, Axes string
}

//go:embed releases.py
var releasesScript string

var releases = sync.OnceValues(func() (r Releases, err error) {
	out, err := output(python(context.Background(), "-c", releasesScript))
	if err != nil {
		return r, fmt.Errorf("ask Python for the releases of its packages: %w", err)
	}
	err = json.Unmarshal([]byte(out), &r)
	return r, err
})

// ReleasesOf returns the releases beside which the test runs. Call [Need]
// first.
func ReleasesOf(t testing.TB) Releases {
	t.Helper()
	r, err := releases()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Since reports whether a release is the other, such as "4.1", or a later one.
func Since(t testing.TB, release, other string) bool {
	t.Helper()
	r, err := stack.ParseRelease(release)
	if err != nil {
		t.Fatal(err)
	}
	o, err := stack.ParseRelease(other)
	if err != nil {
		t.Fatal(err)
	}
	return r.Compare(o) >= 0
}
