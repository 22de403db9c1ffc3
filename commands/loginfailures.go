package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

// failures holds the counters of failed logins that a program can see.
type failures struct {
	loginstore.Store
	network func(address netip.Addr) netip.Prefix
}

// loginFailures returns the counters of the application's own database, or
// those in the table of the database that the operator named.
func (c *connection) loginFailures(ctx context.Context) (*failures, error) {
	users, err := c.users(ctx)
	if err != nil {
		return nil, err
	}
	own := logins.Of(users)
	if c.app.DatabaseFromURL != nil {
		store := logins.NewDatabaseStore(users.Database())
		return &failures{store, own.Network}, userkit.Of(users).Preflight(ctx, "ginauth_login_failure")
	}
	switch store := own.Store().(type) {
	case nil:
		return nil, errors.New("failed logins are not counted: the application sets logins.Limits.InsecureUnlimited")
	case *loginstore.MemoryStore:
		return nil, errors.New("failed logins are counted in the memory of the server, " +
			"where no command can see them; restarting it resets them; " +
			"give the application a logins.NewDatabaseStore to keep them in the database")
	default:
		return &failures{store, own.Network}, nil
	}
}

// onlyTheTable names the limits of what a program without an application of its
// own can know.
const onlyTheTable = "none in the table ginauth_login_failure; an application that counts elsewhere, " +
	"in memory, in Redis or not at all, has this command in its own program"

// networkFlag names a network.
type networkFlag struct {
	Network string `placeholder:"ADDRESS" help:"An address, which stands for the network that it is counted with, or a network such as 2001:db8::/64, or unknown."`
}

// where describes, for a person, the network to which a limit applies.
func (f networkFlag) where() string {
	if f.Network == "" {
		return ""
	}
	return " in the network " + f.Network
}

func (f networkFlag) parse(all *failures) (*netip.Prefix, error) {
	if f.Network == "" {
		return nil, nil //nolint:nilnil // no flag, no network
	}
	if network, ok := loginstore.ParseNetwork(f.Network); ok {
		network = network.Masked()
		return &network, nil
	}
	address, err := netip.ParseAddr(f.Network)
	if err != nil {
		return nil, usageError{fmt.Errorf("%q is neither an address nor a network", f.Network)}
	}
	network := all.network(address)
	return &network, nil
}

type showFailures struct {
	Username string `arg:"" help:"The user name, which need not exist."`
	networkFlag
	listing
}

// Run prints the counters of an account.
func (c showFailures) Run(ctx context.Context, app App, all *failures, s *streams) error {
	network, err := c.parse(all)
	if err != nil {
		return err
	}
	account := loginstore.AccountOf(c.Username)
	counters, err := collect(ctx, all, loginstore.Filter{Account: &account, Network: network})
	if err != nil {
		return err
	}
	return c.printFailures(s, app, counters, func(loginstore.Counter) string { return c.Username })
}

type listFailures struct{ listing }

// Run prints all counters. Names are shown for users only; for other names the
// counter holds just a digest.
func (c listFailures) Run(ctx context.Context, app App, users *models.Users, all *failures, s *streams) error {
	counters, err := collect(ctx, all, loginstore.Filter{})
	if err != nil {
		return err
	}
	names, known := map[loginstore.Account]string{}, map[loginstore.Principal]string{}
	if len(counters) > 0 {
		for user, err := range users.All(ctx) {
			if err != nil {
				return err
			}
			name := users.Username(user)
			names[loginstore.AccountOf(name)] = name
			known[loginstore.PrincipalOf(name)] = name
		}
	}
	return c.printFailures(s, app, counters, func(c loginstore.Counter) string {
		return cmp.Or(known[c.Principal], names[c.Account], "#"+c.Account.String()[:12])
	})
}

// collect returns the counters ordered by account and network.
func collect(ctx context.Context, all *failures, filter loginstore.Filter) (counters []loginstore.Counter, err error) {
	for c, err := range all.Counters(ctx, filter) {
		if err != nil {
			return nil, err
		}
		counters = append(counters, c)
	}
	overAll := func(c loginstore.Counter) int {
		if c.Kind == loginstore.OfAccount || c.Kind == loginstore.OfNetwork {
			return 0
		}
		return 1
	}
	slices.SortFunc(counters, func(a, b loginstore.Counter) int {
		return cmp.Or(
			strings.Compare(a.Account.String(), b.Account.String()), cmp.Compare(overAll(a), overAll(b)),
			a.Network.Compare(b.Network), cmp.Compare(a.Kind, b.Kind))
	})
	return counters, nil
}

func (l listing) printFailures(
	s *streams, app App, counters []loginstore.Counter, name func(loginstore.Counter) string,
) error {
	if len(counters) == 0 && !l.JSON && app.DatabaseFromURL != nil {
		return s.say(onlyTheTable)
	}
	rows := l.table(s, "ACCOUNT", "NETWORK", "FAILED", "REFUSED", "LAST", "WAIT", "KNOWN UNTIL")
	now := time.Now()
	for _, c := range counters {
		account, network := "(all)", "(all)"
		if c.Kind != loginstore.OfNetwork {
			account = name(c)
		}
		if c.Kind != loginstore.OfAccount {
			network = loginstore.NetworkText(c.Network)
		}
		var wait any // nothing to wait for
		if left := c.Next.Sub(now); left > 0 {
			wait = (left + time.Second - 1).Truncate(time.Second).String()
		}
		rows.row(account, network, c.Failed, c.Refused, c.Last, wait, c.Known)
	}
	return rows.print()
}

type resetFailures struct {
	Username string `arg:"" optional:"" help:"The user name, which need not exist."`
	networkFlag
	All bool `help:"Forget all failed logins."`
	confirmed
}

var errWhatToReset = errors.New("name a user, or a network with --network, or both, or --all")

// Run sets counters to zero.
func (c resetFailures) Run(ctx context.Context, all *failures, s *streams) error {
	network, err := c.parse(all)
	if err != nil {
		return err
	}
	if c.All == (c.Username != "" || network != nil) {
		return usageError{errWhatToReset}
	}
	filter := loginstore.Filter{Network: network}
	if c.Username != "" {
		account := loginstore.AccountOf(c.Username)
		filter.Account = &account
	}
	if c.Username == "" {
		if err := c.confirm(ctx, s, "Reset the failed logins of all accounts%s?", c.where()); err != nil {
			return err
		}
	}
	n, err := all.Reset(ctx, filter)
	if err != nil {
		return err
	}
	return s.say("Counters reset: %d", n)
}
