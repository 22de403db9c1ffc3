package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// CheckDeploy says what is unfit for production in the database and its
// settings, one line each, joined by [errors.Join], that begins with a word and
// a colon:
//
//   - migrations: there are tables to be made, see [Migrate];
//   - weak-hasher: new hashes are easier to guess than need be;
//   - password-column: new hashes do not fit into the user model's column;
//   - secret-key: Django's SECRET_KEY is short, or one that startproject made
//     (Django: security.W009);
//   - ignored-tables: logins skip something that Django may ask for, see
//     login.Requirements of package models/login;
//   - what a requirement says of itself, if it has the method CheckDeploy;
//   - database-user: the user that the program connects as may create tables,
//     on PostgreSQL, where only a migration needs to;
//   - database-tls: the connection to another machine is not encrypted;
//   - database: it does not answer, so that the rest is unknown.
func (u *Users) CheckDeploy(ctx context.Context) error {
	var problems []error
	plan, err := internals{u}.MigrationPlan(ctx)
	if err != nil {
		problems = append(problems, fmt.Errorf("database: %w", err))
	}
	if len(plan) > 0 {
		problems = append(problems, fmt.Errorf("migrations: %d tables or indexes are to be made, such as the %s; "+
			`run "ginauth migrate"`, len(plan), plan[0]))
	}
	problems = append(problems, hashing.Of(u.db).Hashers.CheckDeploy(ctx))
	if sample, err := u.passwords.Make(ctx, "a password"); err == nil {
		if err := u.checkRoom(ctx, sample); err != nil {
			problems = append(problems, fmt.Errorf("password-column: %w", err))
		}
	}
	if keys, ok := setting.Of[SecretKeys](u.db, secretKeysPlugin); ok && weakKey(string(keys[0])) {
		problems = append(problems, errors.New("secret-key: the SECRET_KEY has fewer than 50 characters "+
			"or fewer than 5 different ones, or is an example; "+
			`make one by "openssl rand -base64 48", and keep the old one behind it until its sessions have ended`))
	}
	if c, ok := u.requirements.(interface {
		CheckDeploy(ctx context.Context) error
	}); ok {
		problems = append(problems, c.CheckDeploy(ctx))
	}
	if u.db.Name() == "postgres" {
		problems = append(problems, u.checkConnection(ctx)...)
	}
	return errors.Join(problems...)
}

// weakKey is Django's _check_secret_key, reversed.
func weakKey(key string) bool {
	different := map[rune]bool{}
	for _, r := range key {
		different[r] = true
	}
	return utf8.RuneCountInString(key) < 50 || len(different) < 5 || strings.HasPrefix(key, "django-insecure-")
}

// checkConnection finds what is wrong with the connection to PostgreSQL.
func (u *Users) checkConnection(ctx context.Context) (problems []error) {
	var creates, exposed bool
	const query = `SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false), ` +
		`COALESCE((SELECT NOT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()) ` +
		`AND NOT inet_client_addr() <<= ANY ('{127.0.0.0/8,::1}'::inet[]), false)`
	if _, err := sqlkit.Row(ctx, u.pool(), query, nil, &creates, &exposed); err != nil {
		return []error{fmt.Errorf("database: %w", err)}
	}
	if creates {
		problems = append(problems, errors.New("database-user: the program's user of the database may create tables; "+
			`let another user run "migrate", and grant this one SELECT, INSERT, UPDATE and DELETE`))
	}
	if exposed {
		problems = append(problems, errors.New("database-tls: the connection to the database is not encrypted; "+
			"add sslmode=verify-full to its URL"))
	}
	return problems
}
