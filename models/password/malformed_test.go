package password_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/models/password"
)

// malformedHashes returns values that are not a hash for any hasher, or are
// over its limits. Otherwise they have the parameters of cheapHashers and long
// salts, so that only their form calls for an update.
func malformedHashes() []string {
	expand := strings.NewReplacer(
		"A66", strings.Repeat("A", 88), "SALT", "0123456789abcdefghijkl", "D20", strings.Repeat("A", 27)+"=", "D32", strings.Repeat("A", 43)+"=",
		"D64", strings.Repeat("A", 86)+"==", "HEX16", strings.Repeat("0", 32), "HEX20", strings.Repeat("0", 40),
		"BC", strings.Repeat("a", 21)+"u"+strings.Repeat("a", 31), "BASE64", "$Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw$"+strings.Repeat("A", 22),
	)
	return append(strings.Fields(expand.Replace(malformed)), "", "\x00", "\xff$\xff", "!", "plain text",
		expand.Replace("pbkdf2_sha256$ 1000$SALT$D32"),
		expand.Replace("pbkdf2_sha256$1000$SALT$D32\n"),
		expand.Replace("argon2$argon2id$v=19$m=64,t=1,p=2BASE64\n"),
		expand.Replace("bcrypt$$2b$04$BC\n"),
		expand.Replace("$2a$04$BC\n"),
		expand.Replace("$2a$04$BC "),
		expand.Replace("scrypt$16$SALT$8$1$D64\n"))
}

const malformed = `
$ $$ $$$ foo$bar plaintext

pbkdf2_sha256 pbkdf2_sha256$ pbkdf2_sha256$1000$SALT pbkdf2_sha256$1000$SALT$ pbkdf2_sha256$1000$$D32
pbkdf2_sha256$0$SALT$D32 pbkdf2_sha256$-1$SALT$D32 pbkdf2_sha256$+1000$SALT$D32 pbkdf2_sha256$01000$SALT$D32
pbkdf2_sha256$1e3$SALT$D32 pbkdf2_sha256$10000001$SALT$D32 pbkdf2_sha256$99999999999999999999$SALT$D32
pbkdf2_sha256$1000$SALT$D20 pbkdf2_sha256$1000$SALT$D32$ pbkdf2_sha1$1000$SALT$D32 pbkdf2_sha512$1000$SALT$D64

argon2 argon2$argon2id argon2$argon2id$v=19$m=64,t=1,p=2 argon2$argon2id$v=19$m=64,t=1,p=2$$
argon2$argon2id$v=$m=64,t=1,p=2BASE64 argon2$argon2id$v=15$m=64,t=1,p=2BASE64 argon2$argon2id$v=18$m=64,t=1,p=2BASE64
argon2$argon2id$v=016$m=64,t=1,p=2BASE64 argon2$argon2id$$m=64,t=1,p=2BASE64 argon2$m=64,t=1,p=2BASE64 argon2$argon2x$m=64,t=1,p=2BASE64
argon2$argon2id$m=1048576,t=5,p=2BASE64 argon2$argon2i$v=16$m=15,t=1,p=2BASE64
argon2$argon2d$v=19$m=64,t=1,p=2BASE64 argon2$argon2d$v=16$m=64,t=1,p=2BASE64 argon2$argon2d$m=64,t=1,p=2BASE64
argon2$argon2x$v=19$m=64,t=1,p=2BASE64 argon2$argon2id$v=19$m=64,t=0,p=2BASE64 argon2$argon2id$v=19$m=64,t=1,p=0BASE64
argon2$argon2id$v=19$m=0,t=1,p=2BASE64 argon2$argon2id$v=19$m=15,t=1,p=2BASE64 argon2$argon2id$v=19$m=64,t=1,p=9BASE64
argon2$argon2id$v=19$m=4096,t=1,p=256BASE64 argon2$argon2id$v=19$m=4096,t=1,p=258BASE64
argon2$argon2id$v=19$m=1048577,t=1,p=2BASE64 argon2$argon2id$v=19$m=64,t=65,p=2BASE64
argon2$argon2id$v=19$m=1048576,t=5,p=2BASE64 argon2$argon2id$v=19$m=4294967360,t=1,p=2BASE64
argon2$argon2id$v=19$m=-1,t=1,p=2BASE64 argon2$argon2id$v=19$m=064,t=1,p=2BASE64 argon2$argon2id$v=19$m=64,t=1,p=2,xBASE64
argon2$argon2id$v=19$t=1,m=64,p=2BASE64 argon2$argon2id$v=19$m=64,t=1,p=2BASE64== argon2$argon2id$v=19$m=64,t=1,p=2BASE64$
argon2$argon2id$v=19$m=64,t=1,p=2$AAAA$AAAAAAAAAAAAAAAAAAAAAA argon2$argon2id$v=19$m=64,t=1,p=2$Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw$
argon2$argon2id$v=19$m=64,t=1,p=2$Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw$AAAA argon2$argon2id$v=19$m=64,t=1,p=2$Zml4ZWRzYWx0MDEyMzQ1Njc4OWFiYw$A66
argon2$argon2id$v=19$m=64,t=1,p=2$****$AAAAAAAAAAAAAAAAAAAAAA

$2b$03$BC $2a$17$BC $2a$31$BC $2x$04$BC $2$04$BC $3a$04$BC $2a$4$BC $2a$+4$BC 2a$04$BC $$2a$04$BC $2a$04$aBC $2a$04$BCa $2a $2 $2a$04$
$bcrypt$2a$04$BC bcrypt$bcrypt$$2a$04$BC bcrypt_sha256$bcrypt$$2a$04$BC
bcrypt bcrypt$ bcrypt$$2b$04$ bcrypt$$2b$04$aBC bcrypt$$2b$04$BCa bcrypt$$2b$03$BC bcrypt$$2b$17$BC bcrypt$$2b$31$BC
bcrypt$$2b$99$BC bcrypt$$2b$+4$BC bcrypt$$2b$4$BC bcrypt$$2x$04$BC bcrypt$$2$04$BC bcrypt$$3b$04$BC bcrypt$2b$04$BC
bcrypt$$2b$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bcrypt_sha256$$2b$31$BC bcrypt_sha256$2b$04$BC

scrypt scrypt$16$SALT$8$1 scrypt$16$SALT$8$1$ scrypt$16$$8$1$D64 scrypt$16$SALT$8$1$D32 scrypt$16$SALT$8$1$D64$
scrypt$0$SALT$8$1$D64 scrypt$1$SALT$8$1$D64 scrypt$15$SALT$8$1$D64 scrypt$-16$SALT$8$1$D64 scrypt$16$SALT$0$1$D64
scrypt$16$SALT$8$0$D64 scrypt$16$SALT$-8$-1$D64 scrypt$16$SALT$65$1$D64 scrypt$16$SALT$8$65$D64 scrypt$2097152$SALT$8$1$D64
scrypt$16$SALT$99999999999999999999$1$D64 scrypt$4611686018427387904$SALT$8$1$D64 scrypt$1048576$SALT$8$3$D64
scrypt$+16$SALT$8$1$D64 scrypt$16$SALT$08$1$D64 scrypt$16$8$1$SALT$D64

sha1 sha1$ sha1$SALT sha1$SALT$ sha1$SALT$0HEX20 sha1$SALT$HEX20$ sha1$SALT$HEX16 sha1$SALT$gHEX16abcdef0
sha1$$ sha1$$HEX16 sha1$$0HEX20 sha1$$gHEX16abcdef0 unsalted_sha1$HEX20
md5 md5$ md5$SALT md5$SALT$ md5$SALT$0HEX16 md5$SALT$HEX16$ md5$SALT$HEX20
md5$$ md5$$0HEX16 md5$$HEX20 0HEX16 HEX20 unsalted_md5$HEX16 gggggggggggggggggggggggggggggggg
`

func TestHashMalformed(t *testing.T) {
	for _, encoded := range malformedHashes() {
		for _, h := range cheapHashers() {
			for _, password := range []string{"", "pw"} {
				if h.Verify(password, encoded) {
					t.Errorf("%s: Verify(%q, %q) = true", h.Algorithm(), password, encoded)
				}
			}
			if !h.MustUpdate(encoded) {
				t.Errorf("%s: MustUpdate(%q) = false", h.Algorithm(), encoded)
			}
		}
	}
}

// Changing, removing or appending a single character of a hash invalidates it.
func TestHashTampered(t *testing.T) {
	for _, h := range cheapHashers() {
		encoded := mustEncode(t, h, "pw")
		for i := range encoded {
			changed := []byte(encoded)
			changed[i] ^= 2
			if h.Verify("pw", string(changed)) {
				t.Errorf("%s: verified %q for %q", h.Algorithm(), changed, encoded)
			}
			if h.Verify("pw", encoded[:i]) {
				t.Errorf("%s: verified %q", h.Algorithm(), encoded[:i])
			}
		}
		for _, tail := range []string{"\x00", "\n", "=", "A", "0", "$"} {
			if h.Verify("pw", encoded+tail) {
				t.Errorf("%s: verified %q", h.Algorithm(), encoded+tail)
			}
		}
	}
}

func TestHashParametersOutOfRange(t *testing.T) {
	for _, h := range []password.Hasher{
		password.Argon2{Memory: 7},
		password.Argon2{Memory: 64, Parallelism: 9},
		password.Argon2{Memory: 1<<20 + 1},
		password.Argon2{Memory: 1 << 20, Time: 5},
		password.Argon2{Time: 65},
		password.PBKDF2SHA256{Iterations: -1},
		password.PBKDF2SHA256{Iterations: 10_000_001},
		password.PBKDF2SHA1{Iterations: 10_000_001},
		password.BCryptSHA256{Cost: 3},
		password.BCryptSHA256{Cost: 17},
		password.BCrypt{Cost: -1},
		password.Scrypt{WorkFactor: 1000},
		password.Scrypt{WorkFactor: -16384},
		password.Scrypt{WorkFactor: 1 << 21},
		password.Scrypt{BlockSize: 65},
		password.Scrypt{Parallelism: -1},
		password.Scrypt{WorkFactor: 1 << 20, Parallelism: 3},
	} {
		if encoded, err := h.Encode("pw"); err == nil {
			t.Errorf("%#v: Encode = %q, want an error", h, encoded)
		}
	}
}

// costly matches hashes with production parameters.
var costly = regexp.MustCompile(`[$=][0-9]{5}|^scrypt\$[0-9]{4}|\$(0[89]|1[0-9])\$`)

func FuzzVerify(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(v.Password, v.Encoded)
	}
	for _, encoded := range malformedHashes() {
		f.Add("pw", encoded)
	}
	hashers := cheapHashers()
	f.Fuzz(func(t *testing.T, password, encoded string) {
		if costly.MatchString(encoded) {
			return // it would fuzz the hash function
		}
		for _, h := range hashers {
			h.Verify(password, encoded)
			h.MustUpdate(encoded)
		}
		if ok, upgrade := hashers.CheckPassword(password, encoded); upgrade && !ok {
			t.Errorf("CheckPassword(%q, %q) = false, true", password, encoded)
		}
	})
}
