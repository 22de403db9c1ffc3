package requirements

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/login"
)

// The parameters of [Axes].
const (
	axesUsername  = "username"
	axesIPAddress = "ip_address"
	axesUserAgent = "user_agent"
)

// Axes refuses clients that django-axes has locked out at Django, with the
// settings that Django has (axes.handlers.database). It asks before the
// password is tested, so the answer tells nothing about it.
//
// It reads the failures that Django has counted, and counts none itself:
// failures here are those of package policies/logins. White lists and black
// lists of axes have no effect here.
type Axes struct {
	FailureLimit int // AXES_FAILURE_LIMIT; default: 3

	// CoolOff is AXES_COOLOFF_TIME. Zero: a lock does not end by itself.
	CoolOff time.Duration

	// Parameters is AXES_LOCKOUT_PARAMETERS, of "username", "ip_address" and
	// "user_agent": a client is locked out if the failures that agree with it in
	// all parameters of one of the lists reach the limit. Default:
	// {{"ip_address"}}. In axes 5, AXES_ONLY_USER_FAILURES is {{"username"}},
	// AXES_LOCK_OUT_BY_USER_OR_IP is {{"username"}, {"ip_address"}}, and
	// AXES_LOCK_OUT_BY_COMBINATION_USER_AND_IP is
	// {{"username", "ip_address"}}.
	Parameters [][]string

	now func() time.Time // of a test; nil stands for time.Now
}

var (
	_ login.Lock        = Axes{}
	_ login.TableReader = Axes{}
)

// Tables implements [login.TableReader].
func (a Axes) Tables() (map[string][]string, error) {
	columns := []string{"username", "ip_address", "user_agent", "attempt_time", "failures_since_start"}
	return map[string][]string{logintables.AccessAttempts: columns}, a.check()
}

// check refuses settings that lock out every user or none.
func (a Axes) check() error {
	if a.FailureLimit < 0 || a.CoolOff < 0 {
		return errors.New("requirements: Axes: FailureLimit and CoolOff must not be negative; leave them out " +
			"for Django's defaults")
	}
	for _, list := range a.Parameters {
		if len(list) == 0 {
			return errors.New("requirements: Axes: a list of Parameters is empty; it would lock everyone out")
		}
		for _, p := range list {
			if p != axesUsername && p != axesIPAddress && p != axesUserAgent {
				return fmt.Errorf("requirements: Axes: there is no parameter %q", p)
			}
		}
	}
	return nil
}

// Admit implements [login.Lock]. It costs one query, whatever the answer.
func (a Axes) Admit(ctx context.Context, attempt login.Attempt) error {
	db := attempt.Users.Database()
	query, args := a.query(db, attempt)
	lists := a.lists()
	failures, targets := make([]int64, len(lists)), make([]any, len(lists))
	for i := range failures {
		targets[i] = &failures[i]
	}
	found, err := sqlkit.Row(ctx, sqlkit.Pool(db), query, args, targets...)
	if err == nil && !found { // a SELECT of counts has one row
		err = errors.New("no answer")
	}
	if err != nil {
		return fmt.Errorf("count failures of axes: %w", err)
	}
	if slices.Max(failures) >= int64(cmp.Or(a.FailureLimit, 3)) {
		return &login.Refusal{Status: http.StatusForbidden, Code: "locked_out",
			Detail: "Account locked: too many login attempts. Please try again later."}
	}
	return nil
}

func (a Axes) lists() [][]string {
	if len(a.Parameters) == 0 {
		return [][]string{{axesIPAddress}}
	}
	return a.Parameters
}

// query returns the query for the failures by each list of parameters.
func (a Axes) query(db *gorm.DB, attempt login.Attempt) (query string, args []any) {
	var counts []string
	for _, list := range a.lists() {
		conditions := []string{"1 = 1"}
		if a.CoolOff != 0 {
			conditions = append(conditions, `a."attempt_time" >= ?`)
			args = append(args, clock(a.now).Add(-a.CoolOff))
		}
		for _, p := range list {
			condition, value := axesCondition(p, db, attempt)
			conditions, args = append(conditions, condition), append(args, value...)
		}
		counts = append(counts, `(SELECT CAST(COALESCE(SUM(a."failures_since_start"), 0) AS bigint) `+
			`FROM "axes_accessattempt" a WHERE `+strings.Join(conditions, " AND ")+")")
	}
	return bound(db, "SELECT "+strings.Join(counts, ", ")), args
}

// axesCondition returns the condition on rows that agree with an attempt in a
// parameter.
func axesCondition(parameter string, db *gorm.DB, attempt login.Attempt) (condition string, args []any) {
	switch parameter {
	case axesUsername:
		if !sqlkit.Storable(attempt.Username, 255) {
			return "1 = 0", nil
		}
		return `a."username" = ?`, []any{attempt.Username}
	case axesUserAgent:
		return `a."user_agent" = ?`, []any{storedUserAgent(attempt.UserAgent)}
	}
	if !attempt.Address.IsValid() {
		return `a."ip_address" IS NULL`, nil
	}
	address := attempt.Address.Unmap().WithZone("").String()
	if db.Name() == "postgres" {
		return `a."ip_address" = CAST(? AS inet)`, []any{address}
	}
	return `a."ip_address" = ?`, []any{address}
}

// storedUserAgent returns a user agent as axes stores it.
func storedUserAgent(agent string) string {
	if agent == "" {
		return "<unknown>"
	}
	agent = strings.ToValidUTF8(strings.ReplaceAll(agent, "\x00", ""), "\uFFFD")
	if runes := []rune(agent); len(runes) > 255 {
		return string(runes[:255])
	}
	return agent
}
