package password

import (
	"maps"
	"slices"
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

// The methods of stepped are its own, not inherited from an embedded hasher.
func init() {
	for _, name := range []string{"new", "old", "older", "unmet"} {
		formats[name] = true
	}
}

func (s stepped) Algorithm() string { return s.name }

func (s stepped) Encode(password string) (string, error) {
	s.spent[s.name] += s.steps
	return s.name + "$" + strconv.Itoa(s.steps) + "$" + password, nil
}

func (s stepped) Verify(password, encoded string) bool {
	s.spent[s.name] += stepsOf(encoded)
	return strings.HasSuffix(encoded, "$"+password)
}

func (stepped) MustUpdate(string) bool { return false }

func stepsOf(encoded string) int {
	n, _ := strconv.Atoi(strings.Split(encoded, "$")[1])
	return n
}

func (s stepped) work() uint64 { return uint64(s.steps) }

func (s stepped) like(encoded string) measured {
	return stepped{s.name, stepsOf(encoded), s.spent}
}

func (s stepped) harden(encoded string) {
	s.spent[s.name] += max(0, s.steps-stepsOf(encoded))
}

// TestARefusedLoginCostsTheStrongest checks that hashes of one algorithm with
// different parameters, as each version of Django leaves them, reveal neither
// which user has which nor whether a user exists.
func TestARefusedLoginCostsTheStrongest(t *testing.T) {
	for name, table := range map[string]struct {
		stored []string
		want   map[string]int
	}{
		"nothing":                       {nil, map[string]int{"new": 50}},
		"the preferred hashes":          {[]string{"new$50$pw"}, map[string]int{"new": 50}},
		"weaker than the preferred":     {[]string{"new$20$pw", "new$49$pw"}, map[string]int{"new": 50}},
		"stronger than the preferred":   {[]string{"new$51$pw"}, map[string]int{"new": 51}},
		"the strongest comes last":      {[]string{"new$60$pw", "new$70$pw", "new$80$pw"}, map[string]int{"new": 80}},
		"the strongest comes first":     {[]string{"new$80$pw", "new$60$pw", "new$20$pw"}, map[string]int{"new": 80}},
		"other algorithms":              {[]string{"old$100$pw", "old$300$pw", "old$200$pw", "older$7$pw", "older$8$pw"}, map[string]int{"new": 50, "old": 300, "older": 8}},
		"other algorithms and stronger": {[]string{"old$100$pw", "new$90$pw", "old$300$pw", "older$8$pw", "new$60$pw"}, map[string]int{"new": 90, "old": 300, "older": 8}},
	} {
		spent := map[string]int{}
		c := NewChecker(Hashers{stepped{"new", 50, spent}, stepped{"old", 1000, spent}, stepped{"older", 9, spent}, stepped{"unmet", 5, spent}})
		for _, encoded := range table.stored { // meet them
			c.check("wrong", encoded, false)
		}
		for _, encoded := range append(slices.Clone(table.stored), "", "!unusable", "unknown$1$x", "new$50$pw", "new$20$pw") {
			clear(spent)
			if c.check("wrong", encoded, false).OK {
				t.Errorf("%s: %s: a wrong password was right", name, encoded)
			}
			if !maps.Equal(spent, table.want) {
				t.Errorf("%s: %q cost %v, want %v", name, encoded, spent, table.want)
			}
		}
		if len(c.level.met) > 3 {
			t.Errorf("%s: holds %v", name, c.level.met)
		}
	}
}

// TestASuccessIsMetToo checks that failures cost the strongest hash even if it
// is only ever used with the right password.
func TestASuccessIsMetToo(t *testing.T) {
	spent := map[string]int{}
	c := NewChecker(Hashers{stepped{"new", 50, spent}})
	if !c.check("pw", "new$90$pw", false).OK {
		t.Fatal("the right password was wrong")
	}
	clear(spent)
	if c.check("wrong", "", false); spent["new"] != 90 {
		t.Errorf("an unknown user cost %v", spent)
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
		like    measured
	}{
		{PBKDF2SHA256{}, "pbkdf2_sha256$260000$" + salt + "$" + digest(32), 260_000, PBKDF2SHA256{260_000}},
		{PBKDF2SHA1{}, "pbkdf2_sha1$5$" + salt + "$" + digest(20), 5, PBKDF2SHA1{5}},
		{BCryptSHA256{}, "bcrypt_sha256$$2b$05$" + bcrypted, 32, BCryptSHA256{5}},
		{BCrypt{}, "bcrypt$$2b$04$" + bcrypted, 16, BCrypt{Cost: 4}},
		{BCrypt{}, "$2a$06$" + bcrypted, 64, BCrypt{Cost: 6}},
		{Scrypt{}, "scrypt$4$" + salt + "$2$3$" + digest(64), 24, Scrypt{4, 2, 3}},
		{Argon2{}, "argon2$argon2id$v=19$m=64,t=3,p=2$c2FsdHNhbHQ$" + strings.TrimRight(digest(32), "="), 192, Argon2{64, 3, 2}},
	} {
		like := row.hasher.like(row.encoded)
		if !row.hasher.wellFormed(row.encoded) || like != row.like || like.work() != row.work {
			t.Errorf("%s: well formed %v, like %+v", row.encoded, row.hasher.wellFormed(row.encoded), like)
		}
		if broken := row.encoded + "$"; row.hasher.like(broken) != nil {
			t.Errorf("%s: like %+v", broken, row.hasher.like(broken))
		}
	}
}

// TestHashersMeasureThemselves checks that the work of a hasher is that of the
// hashes it makes, also for defaults.
func TestHashersMeasureThemselves(t *testing.T) {
	for _, h := range []measured{PBKDF2SHA256{}, PBKDF2SHA1{}, PBKDF2SHA256{7}, BCryptSHA256{Cost: 4}, BCrypt{Cost: 5}, Scrypt{}, Scrypt{4, 2, 3},
		Argon2{}, Argon2{64, 3, 2}} {
		encoded, err := h.Encode("pw")
		if err != nil {
			t.Fatal(err)
		}
		if like := h.like(encoded); like.work() != h.work() || h.work() == 0 {
			t.Errorf("%+v: work %d, and %d of %s", h, h.work(), like.work(), encoded)
		}
	}
}
