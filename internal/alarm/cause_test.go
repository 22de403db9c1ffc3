package alarm_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestText asks the real drivers for their texts, on servers that are not
// there or refuse.
func TestCause(t *testing.T) {
	server := dbtest.Postgres(t) // or skip
	postgres := func(change func(u *url.URL)) error {
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		connection, err := pgx.Connect(ctx, u.String())
		if err == nil {
			err = errors.Join(errors.New("connected"), connection.Close(ctx))
		}
		return err
	}
	ping := func(address string) error {
		client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialerRetries: 1})
		defer client.Close()
		return client.Ping(t.Context()).Err()
	}
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"PostgreSQL is down", postgres(func(u *url.URL) { u.Host = "localhost:1" }),
			"failed to connect: dial error: dial tcp: connect: connection refused"},
		{"no such host", postgres(func(u *url.URL) { u.Host = "secret.invalid" }),
			"failed to connect: hostname resolving error: lookup: no such host"},
		{"no such database", postgres(func(u *url.URL) { u.Path = "secret" }),
			"failed to connect: server error: FATAL: database does not exist (SQLSTATE 3D000)"},
		{"no such role", postgres(func(u *url.URL) { u.User = url.User("secret") }),
			"failed to connect: server error: FATAL: role does not exist (SQLSTATE 28000)"},
		{"Redis is down", ping("127.0.0.1:1"), "dial tcp: connect: connection refused"},
		{"Redis has no such host", ping("secret.invalid:1"), "dial tcp: lookup: no such host"},
		{"wrapped", fmt.Errorf("find token: %w", errors.New("read tcp 10.0.0.1:5->10.0.0.2:6: i/o timeout")),
			"find token: read tcp: i/o timeout"},
		{"joined", errors.Join(errors.New("find token"), errors.New("roll back")), "find token; roll back"},
		{"no entry for this host", errors.New(`FATAL: no pg_hba.conf entry for host "10.0.0.7", user "app", database "notes", no encryption (SQLSTATE 28000)`),
			`FATAL: no pg_hba.conf entry for host, user, database, no encryption (SQLSTATE 28000)`},
		{"another host's certificate", errors.New("tls: failed to verify certificate: x509: certificate is valid for a.internal, b.internal, not db.internal"),
			"tls: failed to verify certificate: x509: certificate is valid for other names"},
		{"a certificate without names", errors.New("x509: certificate is not valid for any names, but wanted to match db.internal"),
			"x509: certificate is not valid for any names"},
		{"a certificate with many names", errors.New("x509: certificate is valid for 100 names, but none matched db.internal"),
			"x509: certificate is valid for 100 names, but none matched"},
		{"a certificate without addresses", errors.New("x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs"),
			"x509: cannot validate certificate because it doesn't contain any IP SANs"},
		{"a cluster of Redis has moved a key", errors.New("MOVED 3999 10.0.0.5:6381"), "MOVED 3999"},
		{"a user with a quotation mark", errors.New("failed to connect to `user=a`b database=c`d`: 10.0.0.5:5432 (db.internal): dial error: timeout"),
			"failed to connect: dial error: timeout"},
		{"nothing to hide", errors.New(`column "secrets" of relation "users" does not exist (SQLSTATE 42703)`),
			`column "secrets" of relation "users" does not exist (SQLSTATE 42703)`},
	} {
		if got := alarm.CauseText(row.err); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
		if text := row.err.Error(); strings.Contains(row.name, "no such") && !strings.Contains(text, "secret") {
			t.Errorf("%s: the driver names no secret: %q", row.name, text)
		}
	}
}
