package password_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/models/password"
)

// cheapHashers returns every hasher of the package, with parameters for tests.
func cheapHashers() password.Hashers {
	return password.Hashers{
		password.Argon2{Memory: 64, Time: 1, Parallelism: 2},
		password.PBKDF2SHA256{Iterations: 1000},
		password.PBKDF2SHA1{Iterations: 1000},
		password.BCryptSHA256{Cost: 4},
		password.BCrypt{Cost: 4},
		password.Scrypt{WorkFactor: 16, BlockSize: 8, Parallelism: 1},
		password.Legacy("sha1"),
		password.Legacy("md5"),
		password.Legacy("unsalted_sha1"),
		password.Legacy("unsalted_md5"),
	}
}

func mustEncode(t testing.TB, h password.Hasher, password string) string {
	t.Helper()
	encoded, err := h.Encode(password)
	if err != nil {
		t.Fatalf("%s: Encode(%q): %v", h.Algorithm(), password, err)
	}
	return encoded
}

func TestPasswordMakeAndCheck(t *testing.T) {
	for i, preferred := range cheapHashers() {
		t.Run(preferred.Algorithm(), func(t *testing.T) {
			hashers := cheapHashers()[i:]
			for _, password := range []string{"s3cret", "", "пароль-🔑", " padded ", "$", "!"} {
				encoded, err := hashers.MakePassword(password)
				if err != nil {
					t.Fatal(err)
				}
				if ok, upgrade := hashers.CheckPassword(password, encoded); !ok || upgrade {
					t.Errorf("CheckPassword(%q, %q) = %v, %v, want true, false", password, encoded, ok, upgrade)
				}
				if ok, upgrade := hashers.CheckPassword(password+"x", encoded); ok || upgrade {
					t.Errorf("CheckPassword(%q, %q) = %v, %v, want false, false", password+"x", encoded, ok, upgrade)
				}
			}
		})
	}
}

func TestPasswordUpgrade(t *testing.T) {
	preferred := password.PBKDF2SHA256{Iterations: 1000}
	hashers := append(password.Hashers{preferred}, cheapHashers()...)
	tests := []struct {
		name    string
		encoded string
		upgrade bool
	}{
		{"preferred", mustEncode(t, preferred, "pw"), false},
		{"fewer iterations", mustEncode(t, password.PBKDF2SHA256{Iterations: 999}, "pw"), true},
		{"more iterations", mustEncode(t, password.PBKDF2SHA256{Iterations: 1001}, "pw"), false},
		{"pbkdf2_sha1", mustEncode(t, password.PBKDF2SHA1{Iterations: 1000}, "pw"), true},
		{"argon2", mustEncode(t, password.Argon2{Memory: 64}, "pw"), true},
		{"bcrypt", mustEncode(t, password.BCrypt{Cost: 4}, "pw"), true},
		{"md5", mustEncode(t, password.Legacy("md5"), "pw"), true},
		{"unsalted sha1", mustEncode(t, password.Legacy("unsalted_sha1"), "pw"), true},
		{"unsalted md5", mustEncode(t, password.Legacy("unsalted_md5"), "pw"), true},
		{"unsalted md5 with prefix", "md5$$" + mustEncode(t, password.Legacy("unsalted_md5"), "pw"), true},
	}
	for _, tt := range tests {
		if ok, upgrade := hashers.CheckPassword("pw", tt.encoded); !ok || upgrade != tt.upgrade {
			t.Errorf("%s: CheckPassword = %v, %v, want true, %v", tt.name, ok, upgrade, tt.upgrade)
		}
		if ok, upgrade := hashers.CheckPassword("wrong", tt.encoded); ok || upgrade {
			t.Errorf("%s: CheckPassword(wrong) = %v, %v, want false, false", tt.name, ok, upgrade)
		}
	}
}

func TestPasswordHashersOnlyVerifyWhatTheyList(t *testing.T) {
	encoded := mustEncode(t, password.Legacy("unsalted_md5"), "pw")
	if ok, _ := cheapHashers()[:3].CheckPassword("pw", encoded); ok {
		t.Error("a bare MD5 was accepted without UnsaltedMD5 in the list")
	}
	if password.Legacy("md5").Verify("pw", "md5$$"+encoded) {
		t.Error("MD5 verified a hash without a salt, which is UnsaltedMD5's")
	}
}

func TestPasswordLengthLimit(t *testing.T) {
	hashers := password.Hashers{password.PBKDF2SHA256{Iterations: 1}}
	longest := strings.Repeat("ж", password.MaxBytes/2)
	encoded, err := hashers.MakePassword(longest)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(longest), err)
	}
	if ok, _ := hashers.CheckPassword(longest, encoded); !ok {
		t.Errorf("%d bytes: not verified", len(longest))
	}

	over := longest + "x"
	if _, err := hashers.MakePassword(over); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("%d bytes: error %v, want ErrPasswordTooLong", len(over), err)
	}
	if ok, _ := hashers.CheckPassword(over, mustEncode(t, hashers[0], over)); ok {
		t.Errorf("%d bytes: verified", len(over))
	}
}

func TestPasswordWithoutHashers(t *testing.T) {
	var none password.Hashers
	if encoded, err := none.MakePassword("pw"); err == nil {
		t.Errorf("MakePassword = %q, want an error", encoded)
	}
	for _, encoded := range []string{"", mustEncode(t, password.Legacy("md5"), "pw")} {
		if ok, upgrade := none.CheckPassword("pw", encoded); ok || upgrade {
			t.Errorf("CheckPassword(%q) = %v, %v, want false, false", encoded, ok, upgrade)
		}
	}
}

func TestPasswordDefaults(t *testing.T) {
	hashers := password.DefaultHashers()
	var got []string
	for _, h := range hashers {
		got = append(got, h.Algorithm())
	}
	if want := "argon2 pbkdf2_sha256 pbkdf2_sha1 bcrypt_sha256 scrypt"; strings.Join(got, " ") != want {
		t.Errorf("algorithms %v, want %s", got, want)
	}
	encoded, err := hashers.MakePassword("pw")
	if err != nil || !strings.HasPrefix(encoded, "argon2$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("MakePassword = %q, %v", encoded, err)
	}
	// Django's column is a varchar(128).
	for _, h := range []password.Hasher{password.Argon2{}, password.Scrypt{}} {
		if encoded := mustEncode(t, h, "pw"); len(encoded) > 128 {
			t.Errorf("%s: %d characters", h.Algorithm(), len(encoded))
		}
	}
}

func TestPasswordUnusable(t *testing.T) {
	seen := map[string]bool{}
	format := regexp.MustCompile(`^![A-Za-z0-9]{40}$`)
	for range 100 {
		encoded := password.MakeUnusable()
		if !format.MatchString(encoded) || seen[encoded] || password.IsUsable(encoded) {
			t.Fatalf("MakeUnusablePassword = %q", encoded)
		}
		seen[encoded] = true
	}
	for encoded, usable := range map[string]bool{"!": false, "!x": false, "": true, "plaintext": true, "x!": true} {
		if got := password.IsUsable(encoded); got != usable {
			t.Errorf("IsPasswordUsable(%q) = %v, want %v", encoded, got, usable)
		}
	}
	// Otherwise 32 characters without a '$' are a bare MD5.
	if ok, _ := cheapHashers().CheckPassword("", "!"+strings.Repeat("0", 31)); ok {
		t.Error("an unusable password was verified")
	}
}

// countingHasher counts the hashes it makes.
type countingHasher struct {
	password.Hasher
	encoded int
}

func (c *countingHasher) Encode(password string) (string, error) {
	c.encoded++
	return c.Hasher.Encode(password)
}

func TestPasswordUnknownValueCostsOneHash(t *testing.T) {
	preferred := &countingHasher{Hasher: password.PBKDF2SHA1{Iterations: 1}}
	hashers := append(password.Hashers{preferred}, password.Argon2{}, password.BCrypt{}, password.Scrypt{},
		password.PBKDF2SHA256{}, password.Legacy("md5"), password.Legacy("unsalted_md5"), password.Legacy("unsalted_sha1"))
	tests := []struct {
		encoded string
		hashes  int
	}{
		{"", 1},
		{"!", 1},
		{"!unusable0unusable0unusable0unusable0unus", 1},
		{"plaintext", 1},
		{"foo$bar", 1},
		{"sha1$salt$" + strings.Repeat("0", 40), 1}, // not in the list
		{"argon2$", 1},
		{"argon2$argon2id$v=17$m=64,t=1,p=1$c2Vhc2FsdDEyMzQ1$AAAAAAAAAAAAAAAAAAAAAA", 1},
		{"argon2$argon2id$v=16$m=64,t=1,p=1$c2Vhc2FsdDEyMzQ1$AAAAAAAAAAAAAAAAAAAAAA", 0},
		{"argon2$argon2d$v=19$m=64,t=1,p=1$c2Vhc2FsdDEyMzQ1$AAAAAAAAAAAAAAAAAAAAAA", 1},
		{"argon2$argon2d$v=16$m=64,t=1,p=1$c2Vhc2FsdDEyMzQ1$AAAAAAAAAAAAAAAAAAAAAA", 1},
		{"argon2$argon2id$v=19$m=2097152,t=1,p=1$c2Vhc2FsdDEyMzQ1$AAAAAAAAAAAAAAAAAAAAAA", 1},
		{"bcrypt$$2b$31$" + strings.Repeat("a", 21) + "u" + strings.Repeat("a", 31), 1},
		{"pbkdf2_sha256$10000001$salt$" + strings.Repeat("A", 43) + "=", 1},
		{"scrypt$15$salt$8$1$" + strings.Repeat("A", 86) + "==", 1},
		{"scrypt$1048576$salt$8$3$" + strings.Repeat("A", 86) + "==", 1},
		{"md5$salt$" + strings.Repeat("g", 32), 1},
		{strings.Repeat("g", 32), 1},
		{"md5$$" + strings.Repeat("g", 32), 1},
		{"sha1$$" + strings.Repeat("g", 40), 1},
		{mustEncode(t, password.Legacy("md5"), "other"), 0},
		{mustEncode(t, password.Argon2{Memory: 64}, "other"), 0},
		{mustEncode(t, password.PBKDF2SHA1{Iterations: 1}, "other"), 0},
	}
	for _, tt := range tests {
		preferred.encoded = 0
		ok, upgrade := hashers.CheckPassword("pw", tt.encoded)
		if ok || upgrade || preferred.encoded != tt.hashes {
			t.Errorf("%q: %v, %v and %d hashes, want false, false and %d",
				tt.encoded, ok, upgrade, preferred.encoded, tt.hashes)
		}
	}

	preferred.encoded = 0
	hashers.CheckPassword(strings.Repeat("x", password.MaxBytes+1), "")
	if preferred.encoded != 0 {
		t.Error("a password over the limit was hashed")
	}
}

// TestArgon2dIsUnknown: Django has never written it.
func TestArgon2dIsUnknown(t *testing.T) {
	preferred := &countingHasher{Hasher: password.PBKDF2SHA1{Iterations: 1}}
	hashers := password.Hashers{preferred, password.Argon2{}}
	const encoded = "argon2$argon2d$v=19$m=64,t=2,p=2$Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw$tu55a4qbuReYIonIpI8cDg"
	if ok, upgrade := hashers.CheckPassword("variety", encoded); ok || upgrade || preferred.encoded != 1 {
		t.Errorf("the right password: %v, %v and %d hashes", ok, upgrade, preferred.encoded)
	}
}

// The work that harden makes up shows only in its time; without it the ratio is
// below 0.2.
func TestPasswordOutdatedHashTakesFullTime(t *testing.T) {
	tests := []struct{ weak, preferred password.Hasher }{
		{password.PBKDF2SHA256{Iterations: 100}, password.PBKDF2SHA256{Iterations: 20_000}},
		{password.PBKDF2SHA1{Iterations: 100}, password.PBKDF2SHA1{Iterations: 20_000}},
		{password.Argon2{Memory: 64, Time: 1}, password.Argon2{Memory: 2048, Time: 2}},
		{password.BCryptSHA256{Cost: 4}, password.BCryptSHA256{Cost: 7}},
		{password.BCrypt{Cost: 4}, password.BCrypt{Cost: 7}},
		{password.Scrypt{WorkFactor: 64, BlockSize: 4, Parallelism: 3}, password.Scrypt{WorkFactor: 1024, BlockSize: 8, Parallelism: 2}},
	}
	for _, tt := range tests {
		hashers, checker := password.Hashers{tt.preferred}, password.NewChecker(password.Hashers{tt.weak})
		current, weak := mustEncode(t, tt.preferred, "pw"), mustEncode(t, tt.weak, "pw")
		checks := []func(){
			func() { hashers.CheckPassword("wrong", current) },
			func() { hashers.CheckPassword("wrong", weak) },
			func() { hashers.CheckPassword(strings.Repeat("x", 73), "") },
		}
		if ratios := leastRatios(checks, 0.4); ratios[1] < 0.4 || ratios[2] < 0.4 {
			t.Errorf("%s: of the time of a wrong password an outdated hash takes %.2f, and no hash %.2f",
				tt.preferred.Algorithm(), ratios[1], ratios[2])
		}

		// the other way round: the table has a hash that is stronger than the
		// preferred hasher's
		check := func(encoded string) func() {
			return func() {
				if r, err := checker.Check(t.Context(), "wrong", encoded); err != nil || r.OK {
					t.Error(r, err)
				}
			}
		}
		if ratios := leastRatios([]func(){check(current), check(weak), check("")}, 0.4); ratios[1] < 0.4 || ratios[2] < 0.4 {
			t.Errorf("%s: of the time of a wrong password for the strongest hash the preferred one takes %.2f, and no hash %.2f",
				tt.preferred.Algorithm(), ratios[1], ratios[2])
		}
	}
}

// leastRatios returns the least time of each function, divided by that of the
// first. A disturbance can only lengthen a measurement, so it goes on, taking
// turns, until all ratios are enough, or long enough to be sure that they will
// not be.
func leastRatios(functions []func(), enough float64) (ratios []float64) {
	least := make([]time.Duration, len(functions))
	for range 40 {
		for i, f := range functions {
			start := time.Now()
			f()
			if took := time.Since(start); least[i] == 0 || took < least[i] {
				least[i] = took
			}
		}
		ratios = ratios[:0]
		for _, took := range least {
			ratios = append(ratios, float64(took)/float64(least[0]))
		}
		if slices.Min(ratios) >= enough {
			return ratios
		}
	}
	return ratios
}
