package authcache_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// revocation is a credential that this server issues, and ends while another one
// has it in its cache, or would have if it were of a kind that is cached.
type revocation struct {
	name, path string
	issue      func(i *issuer, u *models.User) credential
	end        func(i *issuer, u *models.User, c credential) error
}

var (
	revokeAll   = func(i *issuer, u *models.User, _ credential) error { return i.users.RevokeAll(i.Context(), u) }
	setPassword = func(i *issuer, u *models.User, _ credential) error { return i.users.SetPassword(i.Context(), u, "new") }
	deactivate  = func(i *issuer, u *models.User, _ credential) error { return i.users.SetActive(i.Context(), u, false) }
)

func revocations() []revocation {
	return []revocation{
		{"a token is deleted", "/token", (*issuer).token, func(i *issuer, u *models.User, _ credential) error {
			_, err := i.users.DeleteToken(i.Context(), u)
			return err
		}},
		{"a token is replaced", "/token", (*issuer).token, func(i *issuer, u *models.User, _ credential) error {
			_, err := i.users.ResetToken(i.Context(), u)
			return err
		}},
		{"a token, log out everywhere", "/token", (*issuer).token, revokeAll},
		{"a token, a new password", "/token", (*issuer).token, setPassword},
		{"a token, the user is deactivated", "/token", (*issuer).token, deactivate},
		{"an access token is revoked", "/access", (*issuer).access, func(i *issuer, u *models.User, c credential) error {
			return i.tokens.Revoke(i.Context(), u, c.id)
		}},
		{"an access token is rotated", "/access", (*issuer).access, func(i *issuer, u *models.User, c credential) error {
			_, _, err := i.tokens.Rotate(i.Context(), u, c.id, accesstoken.Rotation{})
			return err
		}},
		{"all access tokens are revoked", "/access", (*issuer).access, func(i *issuer, u *models.User, _ credential) error {
			_, err := i.tokens.RevokeAll(i.Context(), u)
			return err
		}},
		{"an access token, log out everywhere", "/access", (*issuer).access, revokeAll},
		{"an access token, a new password", "/access", (*issuer).access, setPassword},
		{"an access token, the user is deactivated", "/access", (*issuer).access, deactivate},
		{"a service's token is revoked", "/access", (*issuer).service, func(i *issuer, u *models.User, c credential) error {
			return i.tokens.Revoke(i.Context(), i.serviceOf(u), c.id)
		}},
		{"a service is deactivated", "/access", (*issuer).service, func(i *issuer, u *models.User, _ credential) error {
			return i.tokens.SetServiceActive(i.Context(), i.serviceOf(u), false)
		}},
		{"a JSON web token, logout", "/jwt", (*issuer).pair, func(i *issuer, _ *models.User, c credential) error {
			return i.jwts.Blacklist(i.Context(), c.id)
		}},
		{"a JSON web token, its refresh token comes twice", "/jwt", (*issuer).pair, func(i *issuer, _ *models.User, c credential) error {
			if _, err := i.jwts.Refresh(i.Context(), c.id); err != nil {
				return err
			}
			time.Sleep(10 * time.Millisecond) // the grace
			_, _ = i.jwts.Refresh(i.Context(), c.id)
			return nil
		}},
		{"a JSON web token, log out everywhere", "/jwt", (*issuer).pair, revokeAll},
		{"a JSON web token, a new password", "/jwt", (*issuer).pair, setPassword},
		{"a JSON web token, the user is deactivated", "/jwt", (*issuer).pair, deactivate},
		{"a sliding token, log out everywhere", "/jwt", (*issuer).sliding, revokeAll},
		{"an OAuth 2 token, log out everywhere", "/oauth2", (*issuer).oauth2, revokeAll},
		{"an OAuth 2 token, the user is deactivated", "/oauth2", (*issuer).oauth2, deactivate},
		{"a permission is taken", "/perm", (*issuer).permitted, func(i *issuer, u *models.User, _ credential) error {
			return models.RemovePerm(i.Context(), i.db, "core.change_note", u, nil)
		}},
		{"a permission is taken from a group", "/perm", (*issuer).inGroup, func(i *issuer, _ *models.User, _ credential) error {
			return models.RemovePerm(i.Context(), i.db, "core.change_note", i.editors(), nil)
		}},
		{"a member leaves a group, and the application says so", "/group", (*issuer).inGroup, func(i *issuer, u *models.User, _ credential) error {
			err := i.db.Exec("DELETE FROM auth_user_groups WHERE user_id = ?", u.ID).Error
			i.users.AnnounceChange(i.Context(), u)
			return err
		}},
		{"SQL deletes a token, and the application says so", "/token", (*issuer).token, func(i *issuer, u *models.User, _ credential) error {
			err := i.db.Exec("DELETE FROM authtoken_token WHERE user_id = ?", u.ID).Error
			i.users.AnnounceChange(i.Context(), nil)
			return err
		}},
		// What follows is never cached.
		{"an API key is revoked", "/key", (*issuer).key, func(i *issuer, _ *models.User, c credential) error {
			return i.keys.Revoke(i.Context(), c.id)
		}},
		{"a session, logout", "/session", (*issuer).session, func(i *issuer, _ *models.User, c credential) error {
			_, err := i.sessions.Delete(i.Context(), c.id)
			return err
		}},
		{"a session, log out everywhere", "/session", (*issuer).session, revokeAll},
		{"Basic, a new password", "/basic", (*issuer).basic, setPassword},
		{"Basic, the user is deactivated", "/basic", (*issuer).basic, deactivate},
	}
}

// patience is how long a test waits for a refusal. It is the limit of a loaded
// machine; testRevoked logs the time that it takes.
const patience = 20 * time.Second

// refused waits until a server refuses a credential, and returns how long that
// took.
func refused(t *testing.T, url, header string) (after time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		status := get(t, url, header)
		switch after = time.Since(began); {
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			return after
		case status != http.StatusOK:
			t.Fatalf("%s answers %d", url, status)
		case after > patience:
			t.Fatalf("%s still passes after %v", url, after)
		}
		time.Sleep(time.Millisecond)
	}
}

// passes requests twice, so that what can be cached is.
func passes(t *testing.T, url, header string) {
	t.Helper()
	for range 2 {
		if status := get(t, url, header); status != http.StatusOK {
			t.Fatalf("%s answers %d before the end", url, status)
		}
	}
}

// joined waits until a server hears what this one announces: until then, what
// SQL deletes stays in its cache.
func joined(t *testing.T, i *issuer, url string) {
	t.Helper()
	for began := time.Now(); ; {
		user := i.user()
		c := i.token(user)
		passes(t, url+"/token", c.header)
		i.must(i.db.Exec("DELETE FROM authtoken_token WHERE user_id = ?", user.ID).Error)
		i.users.AnnounceChange(i.Context(), user)
		time.Sleep(20 * time.Millisecond)
		if get(t, url+"/token", c.header) == http.StatusUnauthorized {
			return
		}
		if time.Since(began) > patience {
			t.Fatal("the server does not join the channel")
		}
	}
}

// TestServers runs a second server in a process of its own, on one database and
// one channel with this one.
func TestServers(t *testing.T) {
	onChannels(t, func(t *testing.T, i *issuer, s server) {
		t.Run("revoked", func(t *testing.T) { testRevoked(t, i.in(t), s) })
		t.Run("cut", func(t *testing.T) { testCut(t, i, s) })
	})
}

// testRevoked ends each kind of credential here, while the other server has it
// in its cache for an hour.
func testRevoked(t *testing.T, i *issuer, s server) {
	url := s.start(t)
	joined(t, i, url)
	unannounced(t, i, url)
	var slowest time.Duration
	for _, row := range revocations() {
		user := i.user()
		c := row.issue(i, user)
		passes(t, url+row.path, c.header)
		if err := row.end(i, user, c); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		after := refused(t, url+row.path, c.header)
		slowest = max(slowest, after)
		t.Logf("%-55s refused after %.1f ms", row.name, after.Seconds()*1000)
	}
	t.Logf("the slowest after %v", slowest)
}

// unannounced changes what is cached by SQL alone, and checks that it stays in
// the cache, which also shows that there is one.
func unannounced(t *testing.T, i *issuer, url string) {
	t.Helper()
	for _, row := range []struct {
		path, statement string
		issue           func(i *issuer, u *models.User) credential
	}{
		{"/token", "DELETE FROM authtoken_token WHERE user_id = ?", (*issuer).token},
		{"/access", "UPDATE auth_user SET is_active = false WHERE id = ?", (*issuer).access},
		{"/jwt", "UPDATE auth_user SET is_active = false WHERE id = ?", (*issuer).pair},
		{"/oauth2", "DELETE FROM oauth2_provider_accesstoken WHERE user_id = ?", (*issuer).oauth2},
		{"/perm", "DELETE FROM auth_user_user_permissions WHERE user_id = ?", (*issuer).permitted},
	} {
		user := i.user()
		c := row.issue(i, user)
		passes(t, url+row.path, c.header)
		i.must(i.db.Exec(row.statement, user.ID).Error)
		passes(t, url+row.path, c.header)
	}
}

// testCut cuts the way of the other server to the channel, in two ways. With
// the channel cut, what was revoked is refused after MaxStaleness. When it is
// back, all is looked up again.
func testCut(t *testing.T, i *issuer, s server) {
	for _, row := range []struct {
		name      string
		cut, mend func(way *dbtest.Frozen)
		staleness time.Duration
	}{
		{"closed", (*dbtest.Frozen).Cut, (*dbtest.Frozen).Thaw, time.Hour},
		{"frozen, then another connection", (*dbtest.Frozen).Freeze, (*dbtest.Frozen).Replace, time.Hour},
		{"closed for good", (*dbtest.Frozen).Cut, func(*dbtest.Frozen) {}, time.Second},
		{"frozen for good", (*dbtest.Frozen).Freeze, func(*dbtest.Frozen) {}, time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			i, s := i.in(t), s // of this row
			var way *dbtest.Frozen
			s.Channel, way = dbtest.WithFreeze(t, s.Channel)
			s.MaxStaleness = row.staleness
			url := s.start(t)
			joined(t, i, url)
			row.cut(way)
			user := i.user()
			c := i.token(user)
			cached := time.Now()
			passes(t, url+"/token", c.header)
			if _, err := i.users.DeleteToken(t.Context(), user); err != nil {
				t.Fatal(err)
			}
			if status := get(t, url+"/token", c.header); status != http.StatusOK && time.Since(cached) < row.staleness {
				t.Errorf("the channel is not cut: %d", status)
			}
			row.mend(way)
			t.Logf("refused after %v", refused(t, url+"/token", c.header))
		})
	}
}
