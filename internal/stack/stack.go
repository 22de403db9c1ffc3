// Package stack knows where releases of Django, DRF, simplejwt and api-key
// answer differently, and which of them an application runs beside.
//
// Each difference is one row of one table. Code that depends on a release asks
// for the row:
//
//	if stack.Of(db).Has(stack.TextUserID) { ... }
package stack

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
)

// Releases are the releases that an application runs beside, by package. As a
// GORM plugin they are a setting of a database.
type Releases struct {
	releases [packages]Release
	declared [packages]bool
}

// Newest returns the releases that hold where none are declared: the newest,
// but for Django. Django 5.2 and 6.1 give the same answers, and hashes with the
// iterations of 5.2 cause no conflict with either. ginauth leaves a stronger
// hash of 6.1 alone, and 6.1 strengthens a hash made here once; 5.2 would lower
// the iterations of 6.1, since Django's rule asks only whether they differ.
func Newest() Releases {
	return Releases{releases: [packages]Release{Django: {5, 2}, DRF: {3, 18}, SimpleJWT: {5, 5, 1}, APIKey: {3, 1}}}
}

// Declare returns the releases with that of each package replaced, unless the
// text is empty. It returns an error for a release that ginauth does not know.
func (rs Releases) Declare(declared map[Package]string) (Releases, error) {
	for p, text := range declared {
		if text == "" {
			continue
		}
		r, err := ParseRelease(text)
		if err != nil {
			return rs, fmt.Errorf("%s: %w", p, err)
		}
		if err := p.check(r); err != nil {
			return rs, err
		}
		rs.releases[p], rs.declared[p] = r, true
	}
	return rs, nil
}

// Declaration is a drf.Stack, which has these fields and can be converted.
type Declaration struct{ Django, DRF, SimpleJWT, APIKey string }

// Releases returns the newest releases with the declared ones in their place.
func (d Declaration) Releases() (Releases, error) {
	return Newest().Declare(map[Package]string{Django: d.Django, DRF: d.DRF, SimpleJWT: d.SimpleJWT, APIKey: d.APIKey})
}

// Has reports whether the releases behave as after a difference.
func (rs Releases) Has(d *Difference) bool { return rs.releases[d.Package].Compare(d.Since) >= 0 }

// Declares reports whether the release of p was declared, rather than assumed.
func (rs Releases) Declares(p Package) bool { return rs.declared[p] }

const (
	plugin  = "ginauth:stack"
	readers = "models.UsersOf, apikey.Of, a policy, a handler or a command"
)

// Name implements [gorm.Plugin].
func (Releases) Name() string { return plugin }

// Initialize implements [gorm.Plugin].
func (Releases) Initialize(db *gorm.DB) error {
	return setting.Late(db, plugin, "drf: Stack", readers)
}

// Of returns the releases declared for a database, or the newest, as also for no
// database: a constructor that needs one has its own words for that.
func Of(db *gorm.DB) Releases {
	if db == nil {
		return Newest()
	}
	if rs, ok := setting.Of[Releases](db, plugin); ok {
		return rs
	}
	return Newest()
}
