package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

type createAPIKey struct {
	Name    string    `arg:"" help:"What the key is for. It need not be unique."`
	Expires time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"The day, in UTC, from which on the key is not valid. Default: it does not expire."`
	Scope   []string  `placeholder:"SCOPE" help:"What it may be used for; may be repeated. Needs policies.APIKey, as a quota does."`
	quotaFlags
}

// quotaFlags describe a quota.
type quotaFlags struct {
	Quota  int    `placeholder:"N" help:"How many requests may be made with it, and the most that can be left."`
	Refill refill `placeholder:"month|N/PERIOD" help:"When there are more: N each PERIOD, such as 100/1h or 5000/30d, or all of them each month in UTC. Default: never."`
}

// read returns the quota, or nil without the flags.
func (f quotaFlags) read() (*apikey.Quota, error) {
	if f.Quota == 0 && f.Refill == (refill{}) {
		return nil, nil
	}
	if f.Quota <= 0 {
		return nil, usageError{errors.New("--quota is a number of requests, at least 1")}
	}
	r := f.Refill
	return &apikey.Quota{Limit: f.Quota, Refill: r.requests, Every: r.every, Monthly: r.monthly}, nil
}

// refill is when a quota is refilled, as people write it.
type refill struct {
	requests int
	every    time.Duration
	monthly  bool
}

// UnmarshalText reads "month", or a number and a period such as 100/1h.
func (r *refill) UnmarshalText(text []byte) error {
	if string(text) == "month" {
		*r = refill{monthly: true}
		return nil
	}
	number, period, _ := strings.Cut(string(text), "/")
	n, err := strconv.ParseUint(number, 10, 31)
	var every age
	if failed := every.UnmarshalText([]byte(period)); err != nil || failed != nil || n == 0 || every == 0 {
		return fmt.Errorf("%q is not \"month\", and no number of requests a period such as 100/1h or 5000/30d", text)
	}
	*r = refill{requests: int(n), every: time.Duration(every)}
	return nil
}

// Run creates a key and prints it, once. Its parameter for the keys makes kong
// check that their table exists.
func (c createAPIKey) Run(ctx context.Context, db *gorm.DB, _ *apikey.Store, s *streams) error {
	quota, err := c.read()
	if err != nil {
		return err
	}
	row := &apikey.Key{Name: c.Name, Scopes: c.Scope, Quota: quota}
	if !c.Expires.IsZero() {
		row.ExpiryDate = &c.Expires
	}
	key, err := apikey.Create(ctx, db, row)
	if err != nil {
		return err
	}
	return s.say("Generated API key %s, which is not shown again", string(key))
}

type listAPIKeys struct{ listing }

// Run prints one line per key, the newest first.
func (c listAPIKeys) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	rows := c.table(s, "PREFIX", "NAME", "CREATED", "EXPIRES", "REVOKED", "SCOPES", "QUOTA", "LEFT")
	for key, err := range keys.All(ctx) {
		if err != nil {
			return err
		}
		var scopes, quota, left any // nil without any
		if key.Scopes != nil {
			scopes = key.Scopes
		}
		if key.Quota != nil {
			quota, left = key.Quota.String(), key.Quota.Left
		}
		rows.row(key.Prefix, key.Name, key.Created, key.ExpiryDate, key.Revoked, scopes, quota, left)
	}
	return rows.print()
}

type revokeAPIKey struct {
	Prefix string `arg:"" help:"The part of the key before the dot, which apikey list shows."`
}

// Run ends the validity of the key at once.
func (c revokeAPIKey) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	if err := foundKey(keys.Revoke(ctx, c.Prefix)); err != nil {
		return err
	}
	return s.say("Revoked API key %s", c.Prefix)
}

// foundKey adds to an error where the keys are listed.
func foundKey(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return errors.New(`there is no API key with that prefix; "apikey list" shows all prefixes`)
	}
	return err
}

type setAPIKeyQuota struct {
	Prefix string `arg:"" help:"The part of the key before the dot, which apikey list shows."`
	quotaFlags
	None bool `help:"Take the quota away."`
}

// Run gives the key a quota, which is full.
func (c setAPIKeyQuota) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	quota, err := c.read()
	if err != nil {
		return err
	}
	if (quota == nil) != c.None {
		return usageError{errors.New("give either a --quota or --none")}
	}
	if err := foundKey(keys.SetQuota(ctx, c.Prefix, quota)); err != nil {
		return err
	}
	if quota == nil {
		return s.say("API key %s has no quota", c.Prefix)
	}
	return s.say("API key %s has a new quota: %s", c.Prefix, quota)
}

type setAPIKeyScopes struct {
	Prefix string   `arg:"" help:"The part of the key before the dot, which apikey list shows."`
	Scope  []string `placeholder:"SCOPE" help:"What it may be used for; may be repeated."`
	None   bool     `help:"Take all scopes away: the key is not limited, and refused where a scope is asked for."`
}

// Run gives the key scopes in place of those that it has.
func (c setAPIKeyScopes) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	if (len(c.Scope) == 0) != c.None {
		return usageError{errors.New("give either a --scope or --none")}
	}
	scopes := c.Scope
	if c.None {
		scopes = nil // an empty list is an error
	}
	if err := foundKey(keys.SetScopes(ctx, c.Prefix, scopes)); err != nil {
		return err
	}
	if c.None {
		return s.say("API key %s has no scopes", c.Prefix)
	}
	return s.say("API key %s has the scopes %s", c.Prefix, strings.Join(c.Scope, " "))
}
