package logins

import (
	"cmp"
	"errors"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"weak"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/models"
)

// Limits are a database's limits of failed logins, for every way in that takes
// a password. They are a GORM plugin, for others than the defaults; db.Use it
// before the database is given to anything that logs people in:
//
//	err := db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)})
//
// Without it the limits are on, with the default [Curve], counted in memory by
// each process for itself.
type Limits struct {
	// InsecureUnlimited switches everything off: whoever can reach a way in may
	// guess for as long as he likes, as in DRF.
	InsecureUnlimited bool

	Store Store // default: a [NewMemoryStore] of the database's own
	Curve Curve // a field that is left out has its default

	// IPv4Prefix and IPv6Prefix are the length of the prefix of an address that
	// is one network. Defaults: 32, 64.
	IPv4Prefix, IPv6Prefix int

	// FailOpen tests passwords uncounted while the store fails, and logs it
	// once a second: whoever can make it fail may guess. Attempts that a
	// [DatabaseStore] has no time for while it answers others are refused all
	// the same. Default: all are refused with 503.
	FailOpen bool

	// Logger is for what the store fails at. Default: [slog.Default], as it is
	// when the database is first given to something that logs people in.
	Logger *slog.Logger
}

const plugin = "ginauth:login_limits"

// Name is the plugin's name.
func (Limits) Name() string { return plugin }

// Initialize refuses limits that cannot work, and those that would come too
// late.
func (l Limits) Initialize(db *gorm.DB) error {
	if l.IPv4Prefix < 0 || l.IPv4Prefix > 32 || l.IPv6Prefix < 0 || l.IPv6Prefix > 128 {
		return errors.New("logins: IPv4Prefix must be from 1 to 32 and IPv6Prefix from 1 to 128; 0 stands for 32 and 64")
	}
	if l.InsecureUnlimited && (l.Store != nil || l.Curve != (Curve{}) || l.FailOpen) {
		return errors.New("logins: with InsecureUnlimited a Store, a Curve and FailOpen have no effect; leave them out")
	}
	if err := setting.Late(db, plugin, "logins: Limits", "policies.Basic, a login endpoint or logins.Of"); err != nil {
		return err
	}
	return loginstore.Curve(l.Curve).WithDefaults().Check()
}

func (l Limits) withDefaults() Limits {
	l.Curve = Curve(loginstore.Curve(l.Curve).WithDefaults())
	l.IPv4Prefix, l.IPv6Prefix = cmp.Or(l.IPv4Prefix, 32), cmp.Or(l.IPv6Prefix, 64)
	if l.Store == nil && !l.InsecureUnlimited {
		l.Store = NewMemoryStore()
	}
	if l.Logger == nil {
		l.Logger = slog.Default()
	}
	return l
}

// network is the one that an address belongs to, the zero Prefix if the address
// is not known.
func (l Limits) network(address netip.Addr) netip.Prefix {
	return ginauth.Network(address, l.IPv4Prefix, l.IPv6Prefix)
}

// site is what all sessions of a database have in common in this process.
type site struct {
	limits Limits
	queue  *queue // nil if there are no limits
	alarm  alarm.Alarm
}

func newSite(limits Limits) *site {
	s := &site{limits: limits}
	if !limits.InsecureUnlimited {
		s.queue = newQueue(limits.Store, loginstore.Curve(limits.Curve), s.kept)
	}
	return s
}

// sites are those of all databases in use, by a weak pointer to what all
// sessions of a database share.
var sites sync.Map

func keyOfDatabase(db *gorm.DB) any { return weak.Make(db.Callback()) }

// siteOf returns the one of a database, the same for all its sessions.
func siteOf(users *models.Users) *site {
	db := users.Database()
	key := keyOfDatabase(db)
	if s, ok := sites.Load(key); ok {
		return s.(*site)
	}
	limits, _ := setting.Of[Limits](db, plugin)
	s, known := sites.LoadOrStore(key, newSite(limits.withDefaults()))
	if !known {
		runtime.AddCleanup(db.Callback(), sites.Delete, key)
	}
	return s.(*site)
}
