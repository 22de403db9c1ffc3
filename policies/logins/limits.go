package logins

import (
	"cmp"
	"errors"
	"net/netip"
	"sync"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/network"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Limits sets a database's limits of failed logins, for every way in that takes
// a password. It is a GORM plugin, needed only to depart from the defaults. Use
// it before the database is given to anything that logs users in:
//
//	err := db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)})
//
// Without it the limits are on, with the default [Curve], counted in memory by
// each process for itself.
type Limits struct {
	// InsecureUnlimited switches the limits off: any client may guess for as
	// long as it likes, as in DRF. That includes the one-time codes of
	// requirements.AllauthMFA, a million of six digits, which nothing else
	// limits here; allauth limits them at Django.
	InsecureUnlimited bool

	Store Store // default: a [NewMemoryStore] for this database alone
	Curve Curve // default: that of each field

	// IPv4Prefix and IPv6Prefix are the lengths of the prefixes that addresses
	// of one network share. Defaults: 32, 64.
	IPv4Prefix, IPv6Prefix int

	// FailOpen tests passwords uncounted while the store fails, which is the
	// event ginauth.StoreFailed, logged once a second: a client that can make
	// the store fail may guess. Attempts for which a [NewDatabaseStore] has no
	// time, while it answers others, are refused even so. Default: all are
	// refused with 503.
	FailOpen bool
}

const plugin = "ginauth:login_limits"

// Name implements [gorm.Plugin].
func (Limits) Name() string { return plugin }

// Initialize implements [gorm.Plugin]. It returns an error for limits that
// cannot work, and for those that come too late.
func (l Limits) Initialize(db *gorm.DB) error {
	if l.IPv4Prefix < 0 || l.IPv4Prefix > 32 || l.IPv6Prefix < 0 || l.IPv6Prefix > 128 {
		return errors.New("logins: IPv4Prefix must be from 1 to 32 and IPv6Prefix from 1 to 128; " +
			"0 stands for 32 and 64")
	}
	if l.InsecureUnlimited && (l.Store != nil || l.Curve != (Curve{}) || l.FailOpen) {
		return errors.New("logins: with InsecureUnlimited a Store, a Curve and FailOpen have no effect; leave them out")
	}
	if err := setting.Late(db, plugin, "logins: Limits", "policies.Basic, a login endpoint or logins.Of"); err != nil {
		return err
	}
	return l.Curve.rules().Check()
}

func (l Limits) withDefaults() Limits {
	l.IPv4Prefix, l.IPv6Prefix = cmp.Or(l.IPv4Prefix, 32), cmp.Or(l.IPv6Prefix, 64)
	if l.Store == nil && !l.InsecureUnlimited {
		l.Store = NewMemoryStore()
	}
	return l
}

// network returns the network of an address, or the zero Prefix if the address
// is unknown.
func (l Limits) network(address netip.Addr) netip.Prefix {
	return network.Of(address, l.IPv4Prefix, l.IPv6Prefix)
}

// site holds what all sessions of a database share in this process.
type site struct {
	once sync.Once

	// after once
	limits Limits
	queue  *queue // nil if there are no limits

	brake brake
}

var sites sqlkit.Shared[site]

// siteOf returns the site of a database, the same for all its sessions.
func siteOf(users *models.Users) *site {
	s := sites.Of(users.Database())
	s.once.Do(func() {
		limits, _ := setting.Of[Limits](users.Database(), plugin)
		s.limits = limits.withDefaults()
		if !limits.InsecureUnlimited {
			s.queue = newQueue(s.limits.Store, limits.Curve.rules(), sqlkit.TimeoutOf(users.Database()), kept)
		}
	})
	return s
}
