package prune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Config configures [Expired] and [Every]. The zero value has the defaults.
type Config struct {
	// Keep is how long sessions and JSON web tokens are kept after their end.
	// It must be at least twice the Leeway of every jwt.Config: a revoked token
	// that is still accepted within the leeway, or was renewed within it, must
	// not be forgotten. Default: a day, which is enough for every Leeway that
	// jwt.Config takes.
	Keep time.Duration

	// KeepAccessTokens is how long access tokens are kept after their end.
	// Until they are deleted, lists show them with their last status. Those
	// whose owner no longer exists are not kept. Default: 30 days.
	KeepAccessTokens time.Duration

	// KeepAudit is how long rows of the audit trail are kept (see package
	// audit): at least 31 days, since the database refuses to delete those that
	// are not 30 days old. The role needs the rights to update and delete them.
	// Default: they are never deleted.
	KeepAudit time.Duration

	// Logger is told by [Every] what was deleted and what failed. Default:
	// [slog.Default] at the time of the call.
	Logger *slog.Logger
}

func (c Config) withDefaults(function string) Config {
	if c.Keep < 0 || c.KeepAccessTokens < 0 {
		panic(function + ": Keep and KeepAccessTokens must not be negative; 0 stands for a day and 30 days")
	}
	const day = 24 * time.Hour
	if c.KeepAudit != 0 && c.KeepAudit < (djangoschema.MinAuditDays+1)*day {
		panic(fmt.Sprintf("%s: KeepAudit must be at least %d days; 0 keeps all", function, djangoschema.MinAuditDays+1))
	}
	c.Keep, c.KeepAccessTokens = cmp.Or(c.Keep, day), cmp.Or(c.KeepAccessTokens, 30*day)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c
}

// Deleted holds how many rows were deleted.
type Deleted struct {
	Sessions      int64
	JWTs          int64 // refresh and sliding tokens, revoked or not
	Families      int64 // of refresh tokens
	AccessTokens  int64
	LoginFailures int64 // counters that no longer hold back an attempt, and networks where a user is no longer known
	Audit         int64 // rows of the audit trail, with KeepAudit only
	APIKeyLimits  int64 // scopes and quotas of API keys that no longer exist
}

// Expired deletes what no longer has an effect: expired sessions, expired JSON
// web tokens with their entries in the blacklist and their families, access
// tokens that have ended or whose owner no longer exists, what API keys that no
// longer exist were limited to, and counters of failed logins. All of it is
// refused or ignored without being deleted. With KeepAudit it also deletes old
// rows of the audit trail. Tables that the database lacks are left out. Tokens
// of django-oauth-toolkit are for Django to delete (manage.py cleartokens).
//
// It takes 500 rows at a time, each batch in a transaction of its own, and
// pauses after each. A row that has changed meanwhile, such as a session that
// was extended, stays. Rows that another transaction holds are left for the
// next time. So it may run beside requests, beside another call on any server,
// and beside Django's clearsessions and flushexpiredtokens.
//
// An error about one kind does not keep the others from being deleted. What was
// deleted before an error, or before ctx is done, remains deleted.
//
// Expired panics if a duration in the config is negative, or KeepAudit too
// short.
func Expired(ctx context.Context, db *gorm.DB, config ...Config) (Deleted, error) {
	return run(ctx, db, wiring.Config("prune: Expired", config).withDefaults("prune: Expired"))
}

func run(ctx context.Context, db *gorm.DB, config Config) (d Deleted, err error) {
	ctx = sqlkit.Unbounded(ctx) // a slow disk must not keep a table from being pruned
	users, err := models.UsersOf(db)
	if err != nil {
		return d, err
	}
	if sqlkit.Begun(db) {
		return d, errors.New("prune: the database is a transaction, which would hold every deleted row; pass " +
			"the one that gorm.Open has returned")
	}
	before := sqlkit.Now().Add(-config.Keep)
	var uncounted int64
	for _, kind := range []struct {
		table
		deleted *int64
		needs   []string
	}{
		{sessions(before), &d.Sessions, nil},
		{sessionUses(before), &uncounted, nil},
		{refreshTokens(before), &uncounted, nil},
		{families(before), &d.Families, nil},
		{outstanding(db, before), &d.JWTs, []string{djangoschema.BlacklistedTable}},
		{
			accessTokens(users, sqlkit.Now().Add(-config.KeepAccessTokens)), &d.AccessTokens,
			[]string{djangoschema.EpochTable, djangoschema.ServiceTable},
		},
		{auditTrail(config.KeepAudit), &d.Audit, nil},
		{apiKeyLimits(), &d.APIKeyLimits, []string{djangoschema.APIKeyTable}},
	} {
		if kind.name == "" { // not asked for
			continue
		}
		there, failed := sqlkit.PresenceOf(db).Has(ctx, db, append(kind.needs, kind.name)...)
		if there {
			*kind.deleted, failed = kind.prune(ctx, db)
		}
		if err = errors.Join(err, failed); ctx.Err() != nil {
			return d, err
		}
	}
	var failed error
	d.LoginFailures, failed = loginFailures(ctx, db)
	return d, errors.Join(err, failed)
}

// loginFailures deletes counters of failed logins. The store that the
// application uses does so too, once a minute.
func loginFailures(ctx context.Context, db *gorm.DB) (deleted int64, err error) {
	there, err := sqlkit.PresenceOf(db).Has(ctx, db, djangoschema.LoginFailureTable)
	if err != nil || !there {
		return 0, err
	}
	pool, err := db.DB()
	if err != nil {
		return 0, fmt.Errorf("prune %s: %w", djangoschema.LoginFailureTable, err)
	}
	return loginstore.NewDatabaseStore(pool, db.Name(), 0, 1).Prune(ctx)
}
