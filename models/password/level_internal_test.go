package password

import (
	"strconv"
	"strings"
	"testing"
)

// stepped is a hasher that counts the steps of the hashes it would compute, and
// computes none: "<name>$<steps>$<password>".
type stepped struct {
	name  string
	steps int // of new hashes
	spent map[string]int
}

func (s stepped) Algorithm() string { return s.name }

func (s stepped) Encode(password string) (string, error) {
	s.spent[s.name] += s.steps
	return s.name + "$" + strconv.Itoa(s.steps) + "$" + password, nil
}

func (s stepped) Verify(password, encoded string) bool {
	s.spent[s.name] += int(s.work(encoded))
	return strings.HasSuffix(encoded, "$"+password)
}

func (stepped) MustUpdate(string) bool { return false }

func (s stepped) work(encoded string) uint64 {
	n, _ := strconv.Atoi(strings.Split(encoded, "$")[1])
	return uint64(n)
}

func (s stepped) like(encoded string) hardener {
	return stepped{s.name, int(s.work(encoded)), s.spent}
}

func (s stepped) harden(encoded string) {
	s.spent[s.name] += max(0, s.steps-int(s.work(encoded)))
}

// TestARefusedLoginCostsTheStrongest checks that hashes of one algorithm with
// different parameters, as each version of Django leaves them, reveal neither
// which user has which nor whether a user exists.
func TestARefusedLoginCostsTheStrongest(t *testing.T) {
	spent := map[string]int{}
	c := NewChecker(Hashers{stepped{"new", 50, spent}, stepped{"old", 1000, spent}, stepped{"older", 9, spent}}, Limits{})
	stored := []string{"old$100$pw", "old$300$pw", "old$200$pw", "older$7$pw", "older$8$pw"}
	for _, encoded := range stored { // meet them
		c.check("wrong", encoded)
	}
	for _, encoded := range append(stored, "", "!unusable", "unknown$1$x", "new$50$pw", "new$20$pw") {
		clear(spent)
		if c.check("wrong", encoded).OK {
			t.Errorf("%s: a wrong password was right", encoded)
		}
		if spent["new"] != 50 || spent["old"] != 300 || spent["older"] != 8 {
			t.Errorf("%q cost %v", encoded, spent)
		}
	}
}

// TestHashersMeasureTheirHashes checks the work that a hasher reports for a
// hash, and the hasher that would make one like it.
func TestHashersMeasureTheirHashes(t *testing.T) {
	salt, bcrypted := strings.Repeat("s", 22), strings.Repeat("a", 21)+"."+strings.Repeat("b", 31)
	digest := func(n int) string {
		return strings.Repeat("A", n/3*4) + map[int]string{0: "", 1: "AA==", 2: "AAA="}[n%3]
	}
	for _, row := range []struct {
		hasher interface {
			Hasher
			decoder
			measured
		}
		encoded string
		work    uint64
		like    hardener
	}{
		{PBKDF2SHA256{}, "pbkdf2_sha256$260000$" + salt + "$" + digest(32), 260_000, PBKDF2SHA256{260_000}},
		{PBKDF2SHA1{}, "pbkdf2_sha1$5$" + salt + "$" + digest(20), 5, PBKDF2SHA1{5}},
		{BCryptSHA256{}, "bcrypt_sha256$$2b$05$" + bcrypted, 32, BCryptSHA256{5}},
		{BCrypt{}, "bcrypt$$2b$04$" + bcrypted, 16, BCrypt{4}},
		{Scrypt{}, "scrypt$4$" + salt + "$2$3$" + digest(64), 24, Scrypt{4, 2, 3}},
		{Argon2{}, "argon2$argon2id$v=19$m=64,t=3,p=2$c2FsdHNhbHQ$" + strings.TrimRight(digest(32), "="), 192, Argon2{64, 3, 2}},
	} {
		if !row.hasher.wellFormed(row.encoded) || row.hasher.work(row.encoded) != row.work || row.hasher.like(row.encoded) != row.like {
			t.Errorf("%s: well formed %v, work %d, like %+v", row.encoded, row.hasher.wellFormed(row.encoded), row.hasher.work(row.encoded), row.hasher.like(row.encoded))
		}
		if broken := row.encoded + "$"; row.hasher.work(broken) != 0 {
			t.Errorf("%s: work %d", broken, row.hasher.work(broken))
		}
	}
}
