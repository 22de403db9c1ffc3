package interop_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models"
)

func basic(name, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func token(key string) string { return "Authorization: Token " + key }

// TestUsers checks that a user created on one side can log in on both, also
// after a change of password on either.
func TestUsers(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	must(t, models.CreateUser(t.Context(), p.db, &models.User{Username: "ours"}, "first ключ"))
	p.django.do(t, "create_user", "theirs", "first ключ")
	logsIn := func(name, password string) {
		t.Helper()
		for _, s := range p.both() {
			if got := who(t, s, "/m/basic/auth", basic(name, password)); got != name {
				t.Errorf("%s, %s: %s", s.name, name, got)
			}
			if got := who(t, s, "/m/basic/auth", basic(name, password+"x")); got != "Unauthorized Invalid username/password." {
				t.Errorf("%s, %s with a wrong password: %s", s.name, name, got)
			}
		}
	}
	hashes := []any{p.django.do(t, "stored_password", "ours"), p.django.do(t, "stored_password", "theirs")}
	logsIn("ours", "first ключ")
	logsIn("theirs", "first ключ")
	if after := []any{p.django.do(t, "stored_password", "ours"), p.django.do(t, "stored_password", "theirs")}; !slices.Equal(after, hashes) {
		t.Errorf("a login has changed %.30s to %.30s", hashes, after)
	}
	p.django.do(t, "set_password", "ours", "second")
	must(t, users(t, p).SetPassword(t.Context(), named(t, p, "theirs"), "second"))
	logsIn("ours", "second")
	logsIn("theirs", "second")
	p.django.do(t, "set_active", "ours", false)
	must(t, users(t, p).SetActive(t.Context(), named(t, p, "theirs"), false))
	for _, s := range p.both() {
		for _, name := range []string{"ours", "theirs"} {
			if got := who(t, s, "/m/basic/auth", basic(name, "second")); got != "Unauthorized Invalid username/password." {
				t.Errorf("%s, inactive %s: %s", s.name, name, got)
			}
		}
	}
}

// TestTokens checks that both sides give out the same token and accept it,
// until it is revoked on either.
func TestTokens(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.django.do(t, "revoke_token", "bob")
	login := map[string]string{"username": "bob", "password": "bob-pw"}
	for _, maker := range p.both() {
		for _, revoker := range p.both() {
			key, _ := newClient().send(t, maker, "POST", "/token", login).Body["token"].(string)
			accepted := func(want string) {
				t.Helper()
				for _, s := range p.both() {
					if got := who(t, s, "/m/token/auth", token(key)); key == "" || got != want {
						t.Errorf("%q of %s, to be revoked on %s, shown to %s: %s, want %s", key, maker.name, revoker.name, s.name, got, want)
					}
				}
			}
			accepted("bob")
			for _, s := range p.both() {
				if again, _ := newClient().send(t, s, "POST", "/token", login).Body["token"].(string); again != key {
					t.Errorf("%s gives out %q, then %s gives out %q", maker.name, key, s.name, again)
				}
			}
			if revoker == p.here {
				_, err := users(t, p).DeleteToken(t.Context(), named(t, p, "bob"))
				must(t, err)
			} else {
				p.django.do(t, "revoke_token", "bob")
			}
			accepted("Unauthorized Invalid token.")
		}
	}
	if key := p.django.do(t, "create_token", "bob"); who(t, p.here, "/m/token/auth", token(key.(string))) != "bob" {
		t.Error("a token of Django's command is not accepted here")
	}
}

// TestUpgradedPasswords checks that the first login replaces an outdated hash,
// on whichever side, and that the other side reads the new one and lets it be.
// Where Django has lost the hasher of the old one, both sides refuse the user.
func TestUpgradedPasswords(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	preferred := fmt.Sprintf("pbkdf2_sha256$%.0f$", p.django.do(t, "hasher_parameter", "PBKDF2PasswordHasher", "iterations"))
	removed := djangotest.Since(t, djangotest.ReleasesOf(t).Django, "5.1")
	for _, row := range []struct {
		name    string
		refused bool
	}{
		{"sha1user", false}, // PBKDF2 with SHA-1
		{"argon", false},
		{"oldsha1", removed},
		{"lowiter", false},
		{"md5user", false},
		{"bcsha", false},
		{"bcry", false},
		{"rawmd5", removed},
	} {
		before, want := named(t, p, row.name).Password, row.name
		if row.refused {
			want = "Unauthorized Invalid username/password."
		}
		logsIn := func(on side) (hash string) {
			t.Helper()
			if got := who(t, on, "/m/basic/auth", basic(row.name, row.name+"-pw")); got != want {
				t.Errorf("%s on %s: %s, want %s", row.name, on.name, got, want)
			}
			return string(named(t, p, row.name).Password)
		}
		for i, first := range p.both() {
			other := p.both()[1-i]
			must(t, p.db.Exec("UPDATE auth_user SET password = ? WHERE username = ?", string(before), row.name).Error)
			after := logsIn(first)
			if replaced := after != string(before) && strings.HasPrefix(after, preferred); replaced == row.refused {
				t.Errorf("%s has left the hash %.30s of %s as %.30s", first.name, string(before), row.name, after)
			}
			for _, s := range []side{other, first, other} {
				if got := logsIn(s); got != after {
					t.Errorf("%s has replaced the hash %.30s of %s by %.30s", s.name, after, row.name, got)
				}
			}
		}
	}
}

// TestPermissions checks that what a group is granted on one side takes effect
// on the other with the next request.
func TestPermissions(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.django.do(t, "join", "alice", "empty")
	var group models.Group
	must(t, p.db.Where("name = ?", "empty").Take(&group).Error)
	key := token("03a1b2c3d4e5f60718293a4b5c6d7e8f90011223")
	may := func(want string) {
		t.Helper()
		for _, s := range p.both() {
			if got := newClient().send(t, s, "POST", "/n/token/model/notes", nil, key).who(); got != want {
				t.Errorf("%s: %s, want %s", s.name, got, want)
			}
		}
		if got := p.django.do(t, "has_perm", "alice", "core.add_note"); got != (want == "alice") {
			t.Errorf("has_perm is %v", got)
		}
	}
	const denied = "Forbidden You do not have permission to perform this action."
	may(denied)
	p.django.do(t, "grant", "empty", "core.add_note")
	may("alice")
	must(t, models.RemovePerm(t.Context(), p.db, "core.add_note", &group, nil))
	may(denied)
	must(t, models.AssignPerm(t.Context(), p.db, "core.add_note", &group, nil))
	may("alice")
	p.django.do(t, "revoke", "empty", "core.add_note")
	may(denied)
}
