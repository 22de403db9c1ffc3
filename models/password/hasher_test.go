package password_test

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/models/password"
)

// A vector is a hash that other software made: Django 3.2.25 with argon2-cffi
// 21.1 and bcrypt 3.2, by a script that called its hashers with cheap
// parameters; Python's hashlib.scrypt in the format of Django 4.0, which
// introduced scrypt; and rows of a database that Django filled. Matches is the
// expected result of Verify.
type vector struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Encoded  string `json:"encoded"`
	Matches  bool   `json:"matches"`
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestHashesOfDjango(t *testing.T) {
	t.Parallel()
	hashers := cheapHashers()
	for _, v := range readVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			if testing.Short() && costly.MatchString(v.Encoded) {
				t.Skip("takes a while, above all with -race")
			}
			t.Parallel()
			if ok, _ := hashers.CheckPassword(v.Password, v.Encoded); ok != v.Matches {
				t.Errorf("CheckPassword(%q, %q) = %v, want %v", v.Password, v.Encoded, ok, v.Matches)
			}
			if costly.MatchString(v.Encoded) {
				return
			}
			if ok, _ := hashers.CheckPassword("x"+v.Password, v.Encoded); ok {
				t.Errorf("CheckPassword(%q, %q) = true", "x"+v.Password, v.Encoded)
			}
		})
	}
}

// TestHashesForDjango checks that the running Django verifies the hashes of
// ginauth, and ginauth those that each of its hashers makes.
func TestHashesForDjango(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "django", "argon2", "bcrypt")
	var removed []string // with their hashers, which Django 5.1 has no longer
	if djangotest.Since(t, djangotest.ReleasesOf(t).Django, "5.1") {
		removed = []string{"SHA1PasswordHasher", "UnsaltedMD5PasswordHasher", "UnsaltedSHA1PasswordHasher"}
	}
	var pairs [][2]string
	var want []bool
	for _, h := range cheapHashers() {
		gone := removed != nil && slices.Contains([]string{"sha1", "unsalted_md5", "unsalted_sha1"}, h.Algorithm())
		for _, password := range []string{"s3cret", "", "пароль-🔑", strings.Repeat("x", 72)} {
			encoded := mustEncode(t, h, password)
			pairs = append(pairs, [2]string{password, encoded}, [2]string{"y" + password, encoded})
			want = append(want, !gone, false)
		}
	}
	input, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Checks  []bool
		Made    [][2]string
		Removed []string
	}
	if err := json.Unmarshal([]byte(djangotest.Run(t, string(input), "testdata/hashes_django.py")), &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Checks, want) || !slices.Equal(got.Removed, removed) {
		t.Errorf("Django lacks %q and says %v to %q, want %v", got.Removed, got.Checks, pairs, want)
	}
	hashers, algorithms := cheapHashers(), map[string]bool{}
	for _, made := range got.Made {
		ok, _ := hashers.CheckPassword(made[0], made[1])
		if wrong, _ := hashers.CheckPassword("y"+made[0], made[1]); !ok || wrong {
			t.Errorf("%q, %q of Django: %v, with another password %v", made[0], made[1], ok, wrong)
		}
		algorithm, _, _ := strings.Cut(made[1], "$")
		algorithms[algorithm] = true
	}
	if len(algorithms) < 7 {
		t.Errorf("hashes of %v alone", algorithms)
	}
}

// TestArgon2OfEveryVersion checks that ginauth verifies every hash of argon2i
// and argon2id that argon2-cffi makes or has made and that Django verifies.
func TestArgon2OfEveryVersion(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "django", "argon2")
	var rows [][3]any // password, hash, verdict
	if err := json.Unmarshal([]byte(djangotest.Run(t, "", "testdata/argon2_cffi.py")), &rows); err != nil {
		t.Fatal(err)
	}
	h := password.Argon2{}
	for _, row := range rows {
		password, encoded := row[0].(string), row[1].(string)
		if got := h.Verify(password, encoded); got != row[2] || h.Verify(password+"x", encoded) {
			t.Errorf("%q: %v, Django: %v", encoded, got, row[2])
		}
	}
	if len(rows) != 168 {
		t.Errorf("%d hashes", len(rows))
	}
}

func TestHashFormats(t *testing.T) {
	const salt, b64, bc = `[a-zA-Z0-9]{22}`, `[a-zA-Z0-9+/]`, `[./a-zA-Z0-9]{53}`
	formats := map[string]string{
		"argon2":        `argon2\$argon2id\$v=19\$m=64,t=1,p=2\$` + b64 + `{30}\$` + b64 + `{43}`,
		"pbkdf2_sha256": `pbkdf2_sha256\$1000\$` + salt + `\$` + b64 + `{43}=`,
		"pbkdf2_sha1":   `pbkdf2_sha1\$1000\$` + salt + `\$` + b64 + `{27}=`,
		"bcrypt_sha256": `bcrypt_sha256\$\$2b\$04\$` + bc,
		"bcrypt":        `bcrypt\$\$2b\$04\$` + bc,
		"scrypt":        `scrypt\$16\$` + salt + `\$8\$1\$` + b64 + `{86}==`,
		"sha1":          `sha1\$` + salt + `\$[0-9a-f]{40}`,
		"md5":           `md5\$` + salt + `\$[0-9a-f]{32}`,
		"unsalted_sha1": `sha1\$\$[0-9a-f]{40}`,
		"unsalted_md5":  `[0-9a-f]{32}`,
	}
	for _, h := range cheapHashers() {
		first, second := mustEncode(t, h, "pw"), mustEncode(t, h, "pw")
		if !regexp.MustCompile("^" + formats[h.Algorithm()] + "$").MatchString(first) {
			t.Errorf("%s: %q", h.Algorithm(), first)
		}
		if unsalted := strings.HasPrefix(h.Algorithm(), "unsalted"); (first == second) != unsalted {
			t.Errorf("%s: %q twice", h.Algorithm(), first)
		}
	}
}

func TestHashMustUpdate(t *testing.T) {
	const argon2Salt = "Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw" // 22 characters
	b64 := func(n int) string { return strings.Repeat("A", n) }
	bc := strings.Repeat("a", 21) + "u" + strings.Repeat("a", 31)
	tests := []struct {
		hasher  password.Hasher
		encoded string
		want    bool
	}{
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$1000000$0123456789012345678901$" + b64(43) + "=", false},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$999999$0123456789012345678901$" + b64(43) + "=", true},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$1000001$0123456789012345678901$" + b64(43) + "=", false},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$1000001$salt$" + b64(43) + "=", false},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$999999$salt$" + b64(43) + "=", true},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$1000000$012345678901234567890$" + b64(43) + "=", true},
		{password.PBKDF2SHA256{}, "pbkdf2_sha256$1000000$äääääääääääääääääääää$" + b64(43) + "=", true},
		{password.PBKDF2SHA256{Iterations: 5}, "pbkdf2_sha256$5$0123456789012345678901$" + b64(43) + "=", false},
		{password.PBKDF2SHA1{}, "pbkdf2_sha1$1000000$0123456789012345678901$" + b64(27) + "=", false},
		{password.PBKDF2SHA1{}, "pbkdf2_sha1$260000$0123456789012345678901$" + b64(27) + "=", true},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(22), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19457,t=2,p=1$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19455,t=2,p=1$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=3,p=1$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=1,p=1$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19457,t=1,p=1$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19455,t=3,p=1$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=102400,t=2,p=8$" + argon2Salt + "$" + b64(43), false}, // Django's
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=2,p=2$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{Parallelism: 4}, "argon2$argon2id$v=19$m=19456,t=2,p=2$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{Parallelism: 1}, "argon2$argon2id$v=19$m=19456,t=1,p=2$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2i$v=19$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=2,p=1$" + b64(22) + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2id$v=16$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2id$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(43), true},
		{password.Argon2{}, "argon2$argon2i$m=512,t=2,p=2$" + b64(22) + "$" + b64(16), true}, // Django's first
		{password.Argon2{}, "argon2$argon2i$v=19$m=102400,t=2,p=8$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$m=102400,t=2,p=8$" + argon2Salt + "$" + b64(43), false},
		{password.Argon2{}, "argon2$argon2id$v=19$m=19456,t=2,p=1$" + argon2Salt + "$" + b64(16), true},
		{password.Argon2{Memory: 102400, Parallelism: 8}, "argon2$argon2id$v=19$m=102400,t=2,p=8$" + argon2Salt + "$" + b64(43), false},
		{password.BCryptSHA256{}, "bcrypt_sha256$$2b$12$" + bc, false},
		{password.BCryptSHA256{}, "bcrypt_sha256$$2a$12$" + bc, false},
		{password.BCryptSHA256{}, "bcrypt_sha256$$2b$11$" + bc, true},
		{password.BCryptSHA256{}, "bcrypt_sha256$$2b$13$" + bc, false},
		{password.BCrypt{Cost: 4}, "bcrypt$$2b$04$" + bc, false},
		{password.BCrypt{Cost: 4}, "bcrypt$$2b$12$" + bc, false},
		{password.BCrypt{Cost: 5}, "bcrypt$$2b$04$" + bc, true},
		{password.Scrypt{}, "scrypt$16384$0123456789012345678901$8$5$" + b64(86) + "==", false},
		{password.Scrypt{}, "scrypt$32768$0123456789012345678901$8$5$" + b64(86) + "==", false},
		{password.Scrypt{}, "scrypt$8192$0123456789012345678901$8$5$" + b64(86) + "==", true},
		{password.Scrypt{}, "scrypt$32768$0123456789012345678901$8$1$" + b64(86) + "==", false},
		{password.Scrypt{}, "scrypt$16384$0123456789012345678901$16$5$" + b64(86) + "==", false},
		{password.Scrypt{Parallelism: 1}, "scrypt$16384$0123456789012345678901$8$5$" + b64(86) + "==", false},
		{password.Scrypt{Parallelism: 1}, "scrypt$16384$salt$8$5$" + b64(86) + "==", false},
		{password.Scrypt{}, "scrypt$16384$0123456789012345678901$4$5$" + b64(86) + "==", true},
		{password.Scrypt{}, "scrypt$16384$0123456789012345678901$8$1$" + b64(86) + "==", true},
		{password.Scrypt{}, "scrypt$16384$012345678901234567890$8$5$" + b64(86) + "==", true},
		{password.Legacy("md5"), "md5$0123456789012345678901$" + strings.Repeat("0", 32), false},
		{password.Legacy("md5"), "md5$012345678901234567890$" + strings.Repeat("0", 32), true},
		{password.Legacy("sha1"), "sha1$0123456789012345678901$" + strings.Repeat("0", 40), false},
		{password.Legacy("sha1"), "sha1$salt$" + strings.Repeat("0", 40), true},
		{password.Legacy("unsalted_sha1"), "sha1$$" + strings.Repeat("0", 40), false},
		{password.Legacy("unsalted_md5"), strings.Repeat("0", 32), false},
		{password.Legacy("unsalted_md5"), "md5$$" + strings.Repeat("0", 32), false},
	}
	for _, tt := range tests {
		if got := tt.hasher.MustUpdate(tt.encoded); got != tt.want {
			t.Errorf("%#v: MustUpdate(%q) = %v, want %v", tt.hasher, tt.encoded, got, tt.want)
		}
	}
}

func TestHashBCryptTakes72Bytes(t *testing.T) {
	h := password.BCrypt{Cost: 4}
	longest := strings.Repeat("x", 72)
	encoded := mustEncode(t, h, longest)
	if _, err := h.Encode(longest + "x"); !errors.Is(err, password.ErrTooLong) || !strings.Contains(err.Error(), "BCryptSHA256") {
		t.Errorf("73 bytes: error %v", err)
	}
	if !h.Verify(longest+"tail", encoded) {
		t.Error("what follows 72 bytes is not ignored, as Django does")
	}
	if _, err := h.Encode("a\x00b"); err == nil {
		t.Error("a NUL byte was hashed")
	}
	// bcrypt repeats the password with a NUL after it, so these two would have
	// one hash.
	if h.Verify("a\x00a", mustEncode(t, h, "a")) {
		t.Error("a NUL byte was verified")
	}

	long := password.BCryptSHA256{Cost: 4}
	encoded = mustEncode(t, long, longest+"a\x00b")
	if !long.Verify(longest+"a\x00b", encoded) || long.Verify(longest+"a\x00c", encoded) {
		t.Error("BCryptSHA256 does not read the whole password")
	}
}
