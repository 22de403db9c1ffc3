package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// device is what has proved a factor, as the factor or a session names it.
type device struct {
	table string // [logintables.Authenticators] or one of django-otp's; "" if neither package has the device
	kind  string // of an authenticator of allauth: its type
	id    int64

	passkey bool // of django-otp: it makes no codes
}

func (d device) ofAllauth() bool { return d.table == logintables.Authenticators }

// allauthLabel precedes the type of an authenticator of allauth, see
// [login.Factor].
const allauthLabel = "mfa.authenticator."

// parseDevice reads the name of a device, see [login.Factor].
func parseDevice(name string) device {
	label, digits, _ := strings.Cut(name, "/")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id <= 0 || digits[0] == '+' {
		return device{}
	}
	if kind, ok := strings.CutPrefix(label, allauthLabel); ok && kind != "" {
		return device{table: logintables.Authenticators, kind: kind, id: id}
	}
	for _, d := range logintables.Devices {
		if d.Label == label {
			return device{table: d.Table(), id: id, passkey: d.Passkey}
		}
	}
	return device{}
}

// parsePersistentID reads what django-otp writes into a session. A name of an
// early version is the path of the class, whose first and last part but one
// count; Django compares the model's name without case (OTPMiddleware).
func parsePersistentID(name string) device {
	if parts := strings.Split(name, "."); len(parts) > 2 {
		name = parts[len(parts)-3] + "." + parts[len(parts)-1]
	}
	app, model, _ := strings.Cut(name, ".")
	d := parseDevice(app + "." + strings.ToLower(model))
	if d.ofAllauth() {
		return device{}
	}
	return d
}

// deviceStatements are the queries for the devices of a user.
type deviceStatements struct {
	authenticators string            // the keys and types of allauth's
	otp            map[string]string // by table: whether the user has the device
}

func compileDevices(db *gorm.DB) deviceStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	otp := map[string]string{}
	for _, table := range logintables.DeviceTables() {
		otp[table] = fmt.Sprintf(`SELECT 1 FROM "%s" `+
			`WHERE "id" = CAST(%s AS bigint) AND "user_id" = %s AND "confirmed"`, table, p(1), p(2))
	}
	return deviceStatements{
		authenticators: fmt.Sprintf(`SELECT "id", "type" FROM "%s" WHERE "user_id" = %s`,
			logintables.Authenticators, p(1)),
		otp: otp,
	}
}

// hasDevice reports whether a device of django-otp exists, is the user's and is
// confirmed. It costs one query. (Django's OTPMiddleware does the same at each
// request, but lets a device count that is not confirmed any more.)
func (s *Store) hasDevice(ctx context.Context, user models.UserModel, d device) (bool, error) {
	if d.table == "" {
		return false, nil
	}
	db := s.users.Database()
	if there, err := sqlkit.PresenceOf(db).Has(ctx, db, d.table); err != nil || !there {
		return false, err
	}
	var one int
	found, err := sqlkit.Row(ctx, sqlkit.Pool(db), s.devices.otp[d.table], []any{d.id, s.users.Key(user)}, &one)
	if err != nil {
		return false, fmt.Errorf("find device: %w", err)
	}
	return found, nil
}

// authenticators returns the user's authenticators of allauth, by one query.
func (s *Store) authenticators(ctx context.Context, user models.UserModel) (list []device, err error) {
	db := s.users.Database()
	if there, err := sqlkit.PresenceOf(db).Has(ctx, db, logintables.Authenticators); err != nil || !there {
		return nil, err
	}
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), s.devices.authenticators, s.users.Key(user)) {
		d := device{table: logintables.Authenticators}
		if err == nil {
			err = rows.Scan(&d.id, &d.kind)
		}
		if err != nil {
			return nil, fmt.Errorf("find authenticators: %w", err)
		}
		list = append(list, d)
	}
	return list, nil
}

// provedBy reports whether an entry of allauth's list is of one of the devices.
func (r allauthRecord) provedBy(list []device) bool {
	named := device{table: logintables.Authenticators, kind: r.Type, id: r.ID}
	return r.Method == allauthMFA && slices.Contains(list, named)
}
