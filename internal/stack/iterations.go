package stack

import "slices"

// iterations holds the iterations of new PBKDF2 hashes by release of Django, the
// oldest first (PBKDF2PasswordHasher.iterations).
var iterations = []Iterations{
	{Release{3, 2}, 260_000},
	{Release{4, 0}, 320_000},
	{Release{4, 1}, 390_000},
	{Release{4, 2}, 600_000},
	{Release{5, 0}, 720_000},
	{Release{5, 1}, 870_000},
	{Release{5, 2}, 1_000_000},
	{Release{6, 0}, 1_200_000},
	{Release{6, 1}, 1_500_000},
}

// Iterations is the number of iterations of PBKDF2 since a release of Django.
type Iterations struct {
	Since  Release
	PBKDF2 int
}

// IterationsTable returns the iterations of each release.
func IterationsTable() []Iterations { return slices.Clone(iterations) }

// Iterations returns the iterations of Django's new PBKDF2 hashes.
func (rs Releases) Iterations() int {
	n := iterations[0].PBKDF2
	for _, i := range iterations {
		if rs.releases[Django].Compare(i.Since) >= 0 {
			n = i.PBKDF2
		}
	}
	return n
}

// ScryptParallelism returns the parallelism of Django's new scrypt hashes.
func (rs Releases) ScryptParallelism() int {
	if rs.Has(ScryptParallelism) {
		return 5
	}
	return 1
}
