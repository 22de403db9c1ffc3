package stack

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Package is one of the Python packages whose releases answer differently.
type Package int

// The packages, in the order of the table.
const (
	Django Package = iota
	DRF
	SimpleJWT
	APIKey
	packages // their number
)

// String returns the name by which the package is known.
func (p Package) String() string {
	return [packages]string{"Django", "DRF", "simplejwt", "api-key"}[p]
}

// supported holds the oldest and the newest release of each package that
// ginauth has been compared with. Later patch releases of the newest are
// supported too.
var supported = [packages]struct{ oldest, newest Release }{
	Django:    {Release{3, 2}, Release{6, 1}},
	DRF:       {Release{3, 14}, Release{3, 18}},
	SimpleJWT: {Release{5, 2}, Release{5, 5}},
	APIKey:    {Release{2, 0}, Release{3, 1}},
}

// Release is a release of a package: major, minor and patch.
type Release [3]int

// Compare returns -1, 0 or +1 as r is older than, equal to or newer than other.
func (r Release) Compare(other Release) int {
	return cmp.Or(cmp.Compare(r[0], other[0]), cmp.Compare(r[1], other[1]), cmp.Compare(r[2], other[2]))
}

// String returns the release as its package is released: without a patch that
// is zero.
func (r Release) String() string {
	text := fmt.Sprintf("%d.%d", r[0], r[1])
	if r[2] != 0 {
		text += "." + strconv.Itoa(r[2])
	}
	return text
}

// ParseRelease reads "5.2" or "5.5.1". A missing patch is zero.
func ParseRelease(text string) (r Release, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 2 && len(parts) != 3 {
		return Release{}, fmt.Errorf("%q is not a release such as 5.2 or 5.5.1", text)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Release{}, fmt.Errorf("%q is not a release such as 5.2 or 5.5.1", text)
		}
		r[i] = int(n)
	}
	return r, nil
}

// check returns an error if ginauth has not been compared with a release of p.
func (p Package) check(r Release) error {
	known := supported[p]
	line := Release{r[0], r[1]}
	if r.Compare(known.oldest) < 0 || line.Compare(known.newest) > 0 {
		return fmt.Errorf("%s %s is not among the releases %s to %s whose answers ginauth knows",
			p, r, known.oldest, known.newest)
	}
	return nil
}
