package jwt_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// withOutage is [jwt.fixture] on a database whose statements can be made to
// fail.
func withOutage(t *testing.T) (*gorm.DB, *dbtest.Outage) {
	t.Helper()
	db, outage := dbtest.WithOutage(t, dbtest.SQLite(t))
	load(t, db)
	return db, outage
}

// TestDatabaseFails checks that a failure is 503, never a decision, and tells
// the client nothing.
func TestDatabaseFails(t *testing.T) {
	db, outage := withOutage(t)
	config := rotating()
	config.UpdateLastLogin = true
	h := newServer(t, db, config)
	pair := logIn(h, "/pair", "alice")
	for _, row := range []struct{ path, field, token, query string }{
		{"/verify", "token", pair.Refresh, "blacklisted"},
		{"/refresh", "refresh", pair.Refresh, "blacklisted"},
		{"/refresh", "refresh", pair.Refresh, "auth_user"},
		{"/blacklist", "refresh", pair.Refresh, "blacklisted"},
	} {
		outage.Fail(row.query)
		if a := post(h, row.path, row.field, row.token); a.status != 503 || strings.Contains(a.body, "went away") {
			t.Errorf("%s without %s: %d %s", row.path, row.query, a.status, a.body)
		}
	}
	for _, query := range []string{"auth_user", "INSERT INTO", "last_login\" ="} {
		outage.Fail(query)
		if a := logIn(h, "/pair", "alice"); a.status != 503 || a.Access != "" {
			t.Errorf("/pair without %s: %d %s", query, a.status, a.body)
		}
	}
	outage.Fail("auth_user")
	if status, body := me(h, pair.Access); status != 503 || strings.Contains(body, "went away") {
		t.Errorf("/me: %d %s", status, body)
	}
	outage.Fail("")
	if a := post(h, "/refresh", "refresh", pair.Refresh); a.status != 200 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

// TestRotationFailsInTheMiddle checks that the used token stays valid if its
// successor cannot be recorded.
func TestRotationFailsInTheMiddle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		load(t, db)
		h := newServer(t, db, rotating())
		pair := logIn(h, "/pair", "alice")
		for _, table := range []string{"outstandingtoken", "blacklistedtoken"} {
			spoil(t, db, table, true)
			if a := post(h, "/refresh", "refresh", pair.Refresh); a.status != 503 || a.Access != "" || a.Refresh != "" {
				t.Errorf("%s: %d %s", table, a.status, a.body)
			}
			spoil(t, db, table, false)
		}
		if rows := outstanding(t, db); len(rows) != 1 || rows[0].Revoked {
			t.Errorf("%+v", rows)
		}
		if a := post(h, "/refresh", "refresh", pair.Refresh); a.status != 200 {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	})
}

// spoil makes every insertion into a table fail, or succeed again.
func spoil(t *testing.T, db *gorm.DB, table string, spoiled bool) {
	t.Helper()
	name := "token_blacklist_" + table
	statements := []string{`DROP TRIGGER spoil`}
	switch {
	case db.Name() == "sqlite" && spoiled:
		statements = []string{`CREATE TRIGGER spoil BEFORE INSERT ON ` + name + ` BEGIN SELECT RAISE(ABORT, 'spoiled'); END`}
	case db.Name() == "postgres" && spoiled:
		statements = []string{
			`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$`,
			`CREATE TRIGGER spoil BEFORE INSERT ON ` + name + ` FOR EACH ROW EXECUTE FUNCTION spoil()`,
		}
	case db.Name() == "postgres":
		statements = []string{`DROP FUNCTION spoil() CASCADE`}
	}
	for _, statement := range statements {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// TestNothingSecretIsLogged checks the log at every level, for requests that
// succeed and for requests that fail.
func TestNothingSecretIsLogged(t *testing.T) {
	db, outage := withOutage(t)
	h := newServer(t, db, rotating())
	log := &h.Log
	pair := logIn(h, "/pair", "alice")
	next := post(h, "/refresh", "refresh", pair.Refresh)
	post(h, "/refresh", "refresh", pair.Refresh)
	me(h, pair.Access+"x")
	me(h, pair.Refresh)
	for _, query := range []string{"auth_user", "blacklist", "INSERT"} {
		outage.Fail(query)
		me(h, pair.Access)
		post(h, "/refresh", "refresh", next.Refresh)
		post(h, "/blacklist", "refresh", next.Refresh)
		logIn(h, "/pair", "alice")
	}
	if !strings.Contains(log.String(), "went away") || !strings.Contains(log.String(), "token_not_valid") {
		t.Errorf("the log is incomplete:\n%s", log)
	}
	fmt.Fprintf(log, "%v %+v %#v %s", rotating(), rotating().Key, rotating().Key, rotating().Key)
	for name, value := range map[string]string{
		"secret": secret, "password": "alice-pw", "access token": pair.Access, "refresh token": pair.Refresh, "successor": next.Refresh,
		"signature": pair.Access[strings.LastIndex(pair.Access, "."):], "secret in bytes": fmt.Sprint([]byte(secret))[1:40],
	} {
		if strings.Contains(log.String(), value) {
			t.Errorf("the log shows the %s:\n%s", name, log)
		}
	}
}

// TestLoginsAreThrottled checks that an address is throttled, whatever the
// names. Both login endpoints count together, and nothing else counts.
func TestLoginsAreThrottled(t *testing.T) {
	db := fixture(t)
	h := serverWith(t, db, rotating(), jwt.Endpoints{Pair: "/pair", Sliding: "/sliding", Refresh: "/refresh"})
	passed := 0
	for i := range 30 {
		if a := logIn(h, []string{"/pair", "/sliding"}[i%2], fmt.Sprint("nobody", i)); a.status == 401 {
			passed++
		} else if a.status != 429 || a.retryIn == "" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if passed != 20 {
		t.Errorf("%d of 30 passed", passed)
	}
	for range 30 {
		if a := post(h, "/refresh", "refresh", "x"); a.status != 401 {
			t.Fatalf("/refresh: %d %s", a.status, a.body)
		}
	}
}
