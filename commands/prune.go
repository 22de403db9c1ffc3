package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
)

type pruneCommand struct {
	Keep             age `default:"1d" placeholder:"1d" help:"How long sessions and JSON web tokens are kept after their end: at least twice the application's leeway. Default: ${default}."`
	KeepAccessTokens age `default:"30d" placeholder:"30d" help:"How long access tokens are kept after their end, for accesstoken list to show. Default: ${default}."`
	KeepAudit        age `placeholder:"365d" help:"How long rows of the audit trail are kept, at least 31d. Default: forever."`
}

// Run deletes what no longer has an effect. It prints what was deleted, also
// before a failure.
func (c pruneCommand) Run(ctx context.Context, users *models.Users, s *streams) error {
	if shortest := age(31 * 24 * time.Hour); c.KeepAudit != 0 && c.KeepAudit < shortest {
		return usageError{errors.New("--keep-audit must be at least 31d: " +
			"the database refuses to delete rows of the audit trail that are not 30 days old")}
	}
	config := prune.Config{
		KeepAudit: time.Duration(c.KeepAudit),
		Keep:      orNone(c.Keep), KeepAccessTokens: orNone(c.KeepAccessTokens),
	}
	d, err := prune.Expired(ctx, users.Database(), config)
	var counts []string
	for _, kind := range []struct {
		deleted int64
		what    string
	}{
		{d.Sessions, "sessions"},
		{d.JWTs, "JSON web tokens"},
		{d.Families, "families of refresh tokens"},
		{d.AccessTokens, "access tokens"},
		{d.LoginFailures, "records of logins"},
		{d.Audit, "rows of the audit trail"},
		{d.APIKeyLimits, "limits of API keys"},
	} {
		counts = append(counts, fmt.Sprintf("%d %s", kind.deleted, kind.what))
	}
	return errors.Join(s.say("Deleted %s", strings.Join(counts, ", ")), err)
}

// orNone returns a duration for a config in which 0 stands for the default.
func orNone(a age) time.Duration { return cmp.Or(time.Duration(a), 1) }
