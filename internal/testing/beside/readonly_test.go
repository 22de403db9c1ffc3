package beside_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
)

// counted is a GORM logger that counts its errors.
type counted struct {
	logger.Interface
	errors *sitetest.Log
}

func (c counted) Error(_ context.Context, text string, args ...any) {
	fmt.Fprintf(c.errors, text+"\n", args...)
}

// TestADatabaseThatDoesNotWrite checks that every kind of credential is valid
// on a standby, even where a request would tidy up after it, and that what
// cannot be tidied up does not fill a log. A login that has to be recorded gets
// 503.
func TestADatabaseThatDoesNotWrite(t *testing.T) {
	for _, name := range []string{"sqlite", "sqlite that Django has made", "postgres"} {
		t.Run(name, func(t *testing.T) {
			url, readOnly := "", ""
			if name == "postgres" {
				url = dbtest.Postgres(t)
				readOnly = withSetting(url, "default_transaction_read_only", "on")
			} else {
				url = "file:" + dbtest.SQLite(t)
				readOnly = url + "?mode=ro"
				if name != "sqlite" {
					url += "?_journal_mode=DELETE"
				}
			}
			healthy := prepare(t, url)
			writing := newSite(t, dbtest.Open(t, url))
			reads := writing.reads(t, healthy)
			stale, ended := writing.session(t), writing.logIn(t, "/password/pair", "refresh")
			outdate(t, healthy, reads)
			db := dbtest.Open(t, readOnly)
			logged := &sitetest.Log{}
			db.Logger = counted{db.Logger.LogMode(logger.Silent), logged}
			if err := db.Exec("DELETE FROM core_note").Error; err == nil {
				t.Fatal("the database writes")
			}
			if err := db.Transaction(func(tx *gorm.DB) error { return tx.First(&note{}).Error }); err != nil {
				t.Errorf("a transaction that reads: %v", err)
			}
			s := newSite(t, db)
			for name, r := range reads {
				for range 20 {
					if w := s.send(r); w.Code != 200 {
						t.Errorf("%s: %s", name, w)
						break
					}
				}
			}
			for range 20 { // after a change of password that the session's row does not reflect
				if w := s.send(request{"GET", "/me", stale, ""}); w.Code != 401 {
					t.Errorf("a stale session: %s", w)
				}
			}
			for range 20 { // which a database that writes would blacklist
				if w := s.send(request{"POST", "/password/refresh", sitetest.Anonymous, `{"refresh":"` + ended + `"}`}); w.Code != 401 {
					t.Errorf("a token of a former password: %s", w)
					break
				}
			}
			for _, path := range []string{"/session/login", "/jwt/pair"} {
				if w := s.send(request{"POST", path, sitetest.Anonymous, login}); w.Code != 503 {
					t.Errorf("%s: %s", path, w)
				}
			}
			if w := s.send(request{"GET", "/remote", sitetest.As{"X-Remote-User: unknown"}, ""}); w.Code != 503 {
				t.Errorf("a new user: %s", w)
			}
			for _, what := range []string{"replace the password hash", "replace the hash of API key", "session", "blacklist"} {
				if n := strings.Count(logged.String(), "ginauth: "); n > 4 || !strings.Contains(logged.String(), what) {
					t.Errorf("%q is logged, with %d lines:\n%s", what, n, logged)
				}
			}
			if t.Failed() {
				t.Log(&s.Log)
			}
		})
	}
}

// outdate gives alice a password hash of an old algorithm, for which her
// sessions are stale, and an API key made by Django.
func outdate(t *testing.T, db *gorm.DB, reads map[string]request) {
	t.Helper()
	old, err := password.PBKDF2SHA1{Iterations: 1}.Encode(people.Password("alice"))
	key := password.PBKDF2SHA256{Iterations: 2}
	const text = "abcdefgh.0123456789abcdef0123456789abcdef"
	hash, err2 := key.Encode(text)
	err = errors.Join(err, err2,
		db.Exec("UPDATE auth_user SET password = ?", old).Error,
		db.Exec("INSERT INTO rest_framework_api_key_apikey (id, prefix, hashed_key, name, created, revoked) VALUES (?, 'abcdefgh', ?, 'slow', "+
			"'2024-01-01 00:00:00', false)", "abcdefgh."+hash, hash).Error)
	if err != nil {
		t.Fatal(err)
	}
	reads["slow API key"] = request{"GET", "/apikey", sitetest.As{"Authorization: Api-Key " + text}, ""}
	// Sessions tied to the old hash, which a login would replace.
	sessions, err := session.Of(db, session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	alice, err := sessions.Users().ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"session", "session, object", "extended session"} {
		session, err := sessions.Login(t.Context(), "", alice)
		if err != nil {
			t.Fatal(err)
		}
		r := reads[name]
		r.as = sitetest.As{"Cookie: sessionid=" + string(session.Key)}
		reads[name] = r
	}
}
