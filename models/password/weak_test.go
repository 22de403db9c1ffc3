package password_test

import (
	"testing"

	"github.com/ginauth/ginauth/models/password"
)

func TestWeakHashers(t *testing.T) {
	for _, c := range []struct {
		name    string
		hashers password.Hashers
		weak    bool
	}{
		{"none", nil, false},
		{"the defaults", password.DefaultHashers(), false},
		{"old hashes are only checked", password.Hashers{password.Argon2{}, password.Legacy("md5")}, false},
		{"MD5", password.Hashers{password.Legacy("md5")}, true},
		{"SHA-1", password.Hashers{password.Legacy("sha1"), password.Argon2{}}, true},
		{"MD5 without salt", password.Hashers{password.Legacy("unsalted_md5")}, true},
		{"SHA-1 without salt", password.Hashers{password.Legacy("unsalted_sha1")}, true},
		{"PBKDF2 of Django 3.2", password.Hashers{password.PBKDF2SHA256{Iterations: 260_000}}, false},
		{"PBKDF2 of Django 1.11", password.Hashers{password.PBKDF2SHA256{Iterations: 36_000}}, true},
		{"PBKDF2 for tests", password.Hashers{password.PBKDF2SHA1{Iterations: 1}}, true},
		{"bcrypt of 10", password.Hashers{password.BCryptSHA256{Cost: 10}}, false},
		{"bcrypt of 9", password.Hashers{password.BCrypt{Cost: 9}}, true},
		{"Argon2 of one pass", password.Hashers{password.Argon2{Memory: 19456, Time: 1, Parallelism: 1}}, false},
		{"Argon2 of little memory", password.Hashers{password.Argon2{Memory: 64, Time: 2, Parallelism: 1}}, true},
		{"scrypt", password.Hashers{password.Scrypt{}}, false},
		{"scrypt of little work", password.Hashers{password.Scrypt{WorkFactor: 1024, BlockSize: 8, Parallelism: 1}}, true},
	} {
		if err := c.hashers.CheckDeploy(t.Context()); (err != nil) != c.weak {
			t.Errorf("%s: %v, want weak %v", c.name, err, c.weak)
		}
	}
}
