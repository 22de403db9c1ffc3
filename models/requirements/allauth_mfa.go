package requirements

import (
	"cmp"
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/login"
)

// AllauthMFA requires a code of users who have an authenticator of allauth.mfa.
// Codes of the type totp are checked. A user who has authenticators of other
// types only, such as a security key or recovery codes, is refused. A browser
// that allauth trusts (MFA_TRUST_ENABLED) has to give a code as well.
//
// A code is good once here. It is not good here after Django has taken it, which
// the authenticator's last_used_at tells. Django refuses a code that was used
// here only if it keeps its cache in a table of this database, see CacheTable.
type AllauthMFA struct {
	Period    time.Duration // MFA_TOTP_PERIOD; default: 30 seconds
	Digits    int           // MFA_TOTP_DIGITS; default: 6
	Tolerance int           // MFA_TOTP_TOLERANCE; default: 0

	// Decrypt undoes what the encrypt method of an MFA_ADAPTER does to a
	// secret. Default: the secret is stored as it is.
	Decrypt func(ctx context.Context, stored string) (secret string, err error)

	// CacheTable is the LOCATION of Django's default cache, if that is a
	// django.core.cache.backends.db.DatabaseCache in this database. A code that
	// is used here is recorded there. Without it, Django lets in a client that
	// presents the same code again while it is valid.
	CacheTable   string
	CachePrefix  string // the KEY_PREFIX of that cache
	CacheVersion int    // its VERSION; default: 1

	now func() time.Time // of a test; nil stands for time.Now
}

var (
	_ login.Requirement = AllauthMFA{}
	_ login.TableReader = AllauthMFA{}
)

// Tables implements [login.TableReader].
func (m AllauthMFA) Tables() (map[string][]string, error) {
	tables := map[string][]string{logintables.Authenticators: {"id", "user_id", "type", "data", "last_used_at"}}
	if m.CacheTable != "" {
		tables[m.CacheTable] = []string{"cache_key", "value", "expires"}
	}
	return tables, m.check()
}

// check refuses a length, a period or a tolerance that cannot be Django's.
func (m AllauthMFA) check() error {
	if (m.Digits != 0 && m.Digits < 6) || m.Digits > 9 || m.Period < 0 || m.Period%time.Second != 0 ||
		m.Tolerance < 0 || m.Tolerance > 100 {
		return errors.New("requirements: AllauthMFA: Digits must be from 6 to 9, Period whole seconds, " +
			"Tolerance from 0 to 100; leave them out for Django's defaults")
	}
	if m.CacheTable == "" && (m.CachePrefix != "" || m.CacheVersion != 0) {
		return errors.New("requirements: AllauthMFA: CachePrefix and CacheVersion have no effect without a CacheTable")
	}
	return nil
}

// Require implements [login.Requirement].
func (m AllauthMFA) Require(ctx context.Context, attempt login.Attempt) (login.Proof, error) {
	a, err := m.authenticator(ctx, attempt)
	if err != nil || a == nil {
		return nil, err
	}
	code := givenCode(attempt)
	if code == "" {
		return nil, required()
	}
	now := clock(m.now)
	step, ok := a.match(code, a.step(now)-a.tolerance, a.step(now)+a.tolerance)
	if !ok || a.usedUp(step) {
		return nil, invalid()
	}
	return func(ctx context.Context) (login.Factor, error) { return m.use(ctx, attempt, a, code, step, now) }, nil
}

// authenticator is a row of mfa_authenticator of the type totp.
type authenticator struct {
	totp
	id, tolerance int64
	lastUsed      *time.Time
}

// usedUp reports whether a code of a step may have been used. Django may have
// taken a code of as many steps after the time of use as it tolerates.
func (a *authenticator) usedUp(step int64) bool {
	return a.lastUsed != nil && !a.lastUsed.Before(a.unusedBefore(step))
}

// unusedBefore returns the time before which the authenticator must have been
// used for the last time if a code of a step is to be good.
func (a *authenticator) unusedBefore(step int64) time.Time {
	return time.Unix((step-a.tolerance)*a.period, 0).UTC()
}

// authenticator returns the user's TOTP authenticator, or nil if the user has no
// authenticators. It refuses a user who has only some of other types.
func (m AllauthMFA) authenticator(ctx context.Context, attempt login.Attempt) (a *authenticator, err error) {
	db := attempt.Users.Database()
	query := bound(db, `SELECT m."id", m."type", CAST(m."data" AS text), m."last_used_at" `+
		`FROM "mfa_authenticator" m WHERE m."user_id" = ?`)
	var stored string
	others := false
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), query, attempt.Users.Key(attempt.User)) {
		var kind, data string
		row := &authenticator{tolerance: int64(m.Tolerance)}
		if err == nil {
			err = rows.Scan(&row.id, &kind, &data, &row.lastUsed)
		}
		if err != nil {
			return nil, fmt.Errorf("find authenticators: %w", err)
		}
		switch {
		case kind == "totp" && a != nil:
			return nil, errors.New("the user has two TOTP authenticators, which allauth does not allow")
		case kind == "totp":
			a, stored = row, data
		default:
			others = true
		}
	}
	switch {
	case a == nil && others:
		return nil, unsupported()
	case a == nil:
		return nil, nil
	}
	if err := m.open(ctx, a, stored); err != nil {
		return nil, fmt.Errorf("authenticator %d: %w", a.id, err)
	}
	return a, nil
}

// open reads the secret of an authenticator. Its errors do not contain it.
func (m AllauthMFA) open(ctx context.Context, a *authenticator, stored string) error {
	var data struct {
		Secret string `json:"secret"`
	}
	if json.Unmarshal([]byte(stored), &data) != nil || data.Secret == "" {
		return errors.New("the data has no secret")
	}
	secret := data.Secret
	if m.Decrypt != nil {
		var err error
		if secret, err = m.Decrypt(ctx, data.Secret); err != nil {
			return fmt.Errorf("decrypt the secret: %w", err)
		}
	}
	key, err := base32.StdEncoding.DecodeString(strings.ToUpper(secret))
	if err != nil {
		return errors.New("the secret is not base32; if Django's MFA_ADAPTER encrypts it, set Decrypt")
	}
	a.totp = totp{key: key, period: int64(cmp.Or(m.Period, 30*time.Second) / time.Second), digits: cmp.Or(m.Digits, 6)}
	return a.check()
}

// use uses up a code. Of concurrent logins with it, one succeeds. It records the
// use as Authenticator.record_usage does, and the code as TOTP._mark_code_used
// does.
func (m AllauthMFA) use(
	ctx context.Context, attempt login.Attempt, a *authenticator, code string, step int64, now time.Time,
) (login.Factor, error) {
	key := attempt.Users.Key(attempt.User)
	err := sqlkit.Transaction(ctx, attempt.Users.Database(), func(tx *gorm.DB) error {
		n, err := sqlkit.Exec(ctx, sqlkit.Pool(tx), bound(tx, `UPDATE "mfa_authenticator" `+
			`SET "last_used_at" = ? WHERE "mfa_authenticator"."id" = ? `+
			`AND "mfa_authenticator"."user_id" = ? AND "mfa_authenticator"."type" = 'totp' `+
			`AND ("mfa_authenticator"."last_used_at" IS NULL OR "mfa_authenticator"."last_used_at" <= ?)`),
			// up to a microsecond earlier: SQLite compares texts, which may lack the fraction
			now, a.id, key, a.unusedBefore(step).Add(-time.Microsecond))
		switch {
		case err != nil:
			return fmt.Errorf("use up a code: %w", err)
		case n == 0:
			return invalid()
		}
		return m.mark(ctx, tx, key, code, now, a)
	})
	if err != nil {
		return login.Factor{}, err
	}
	return login.Factor{Method: login.MethodOTP, Device: fmt.Sprintf("mfa.authenticator.totp/%d", a.id), At: now}, nil
}
