package password_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ginauth/ginauth/models/password"
)

// bare returns a hash as applications make it with golang.org/x/crypto/bcrypt.
func bare(t *testing.T, raw string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(raw), cost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// TestBareBCrypt checks hashes of other programs: which hashers verify them,
// and which are replaced.
func TestBareBCrypt(t *testing.T) {
	made := bare(t, "pw", 5)
	newer := password.Hashers{password.PBKDF2SHA256{Iterations: 10}, password.BCrypt{}}
	for _, row := range []struct {
		name     string
		hashers  password.Hashers
		encoded  string
		ok       bool
		replaced bool
	}{
		{"2a", newer, made, true, true},
		{"2b", newer, "$2b$" + made[4:], true, true},
		{"2y", newer, "$2y$" + made[4:], true, true},
		{"2x", newer, "$2x$" + made[4:], false, false},
		{"Django's of the same", newer, "bcrypt$" + made, true, true},
		{"as bcrypt_sha256", password.Hashers{password.BCryptSHA256{Cost: 4}}, "bcrypt_sha256$" + made, false, false},
		{"unknown to the hashers", password.Hashers{password.BCryptSHA256{Cost: 4}}, made, false, false},
		{"equal", password.Hashers{password.BCrypt{Cost: 5, Bare: true}}, made, true, false},
		{"weaker", password.Hashers{password.BCrypt{Cost: 6, Bare: true}}, made, true, true},
		{"stronger", password.Hashers{password.BCrypt{Cost: 4, Bare: true}}, made, true, false},
		{"Django's, bare preferred", password.Hashers{password.BCrypt{Cost: 5, Bare: true}}, "bcrypt$" + made, true, false},
		{"bare, Django's preferred", password.Hashers{password.BCrypt{Cost: 5}}, made, true, false},
	} {
		ok, replaced := row.hashers.CheckPassword("pw", row.encoded)
		wrong, _ := row.hashers.CheckPassword("pw2", row.encoded)
		if ok != row.ok || replaced != row.replaced || wrong {
			t.Errorf("%s: %v, replaced %v, another password %v", row.name, ok, replaced, wrong)
		}
	}
	if (password.BCryptSHA256{}).Verify("pw", made) {
		t.Error("BCryptSHA256 verifies bcrypt of the password itself")
	}
}

// TestBareBCryptIsForOtherPrograms checks that golang.org/x/crypto/bcrypt
// verifies new bare hashes.
func TestBareBCryptIsForOtherPrograms(t *testing.T) {
	h := password.BCrypt{Cost: 4, Bare: true}
	for _, raw := range []string{"pw", "", "пароль-🔑", strings.Repeat("x", 72)} {
		encoded := mustEncode(t, h, raw)
		if err := bcrypt.CompareHashAndPassword([]byte(encoded), []byte(raw)); err != nil || len(encoded) != 60 {
			t.Errorf("%q: %v", encoded, err)
		}
		if !h.Verify(raw, encoded) || h.Verify(raw[:len(raw)/2]+"z", encoded) {
			t.Errorf("%q of %q", encoded, raw)
		}
	}
	_, long := h.Encode(strings.Repeat("x", 73))
	_, nul := h.Encode("a\x00b")
	if !errors.Is(long, password.ErrTooLong) || nul == nil {
		t.Error(long, nul)
	}
}

// TestAHashOfAPartIsNotReplaced checks passwords beyond the 72 bytes that
// bcrypt takes: the new hash would demand what the old one has not seen.
func TestAHashOfAPartIsNotReplaced(t *testing.T) {
	whole := strings.Repeat("x", 72)
	hashers := password.Hashers{password.PBKDF2SHA256{Iterations: 10}, password.BCrypt{}}
	for _, encoded := range []string{bare(t, whole, 4), "bcrypt$" + bare(t, whole, 4)} {
		for raw, want := range map[string][2]bool{whole: {true, true}, whole + "mistyped": {true, false}, whole[:71]: {false, false}} {
			if ok, replaced := hashers.CheckPassword(raw, encoded); ok != want[0] || replaced != want[1] {
				t.Errorf("%d bytes: %v, replaced %v", len(raw), ok, replaced)
			}
		}
	}
	if ok, _ := hashers.CheckPassword("a\x00a", bare(t, "a", 4)); ok {
		t.Error("a password with a NUL byte was right")
	}
}
