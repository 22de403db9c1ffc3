package password_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/models/password"
)

// costsOf reads the parameters that may not get lower out of a hash.
func costsOf(t *testing.T, encoded string) (algorithm string, costs []int) {
	t.Helper()
	for _, pattern := range []string{
		`^(pbkdf2_sha256|pbkdf2_sha1)\$(\d+)\$`, `^(bcrypt_sha256|bcrypt)\$\$2b\$(\d\d)\$`, `^(scrypt)\$(\d+)\$\w+\$(\d+)\$(\d+)\$`,
		`^(argon2)\$argon2id\$v=19\$m=(\d+),t=(\d+),`, `^(md5|sha1)\$\w+\$`,
	} {
		match := regexp.MustCompile(pattern).FindStringSubmatch(encoded)
		if match == nil {
			continue
		}
		for _, text := range match[2:] {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			costs = append(costs, n)
		}
		return match[1], costs
	}
	t.Fatalf("no parameters in %q", encoded)
	return "", nil
}

// TestNoReplacementIsWeaker logs in with every hash under every preferred
// hasher. A replacement lowers no parameter of the same algorithm and is not
// replaced in turn by a server that prefers the old parameters.
func TestNoReplacementIsWeaker(t *testing.T) {
	var all password.Hashers
	for _, iterations := range []int{1, 2, 3} {
		all = append(all, password.PBKDF2SHA256{Iterations: iterations}, password.PBKDF2SHA1{Iterations: iterations})
	}
	for _, cost := range []int{4, 5} {
		all = append(all, password.BCryptSHA256{Cost: cost}, password.BCrypt{Cost: cost})
	}
	for _, high := range []int{0, 1, 2, 3, 4, 5, 6, 7} { // each parameter low and high
		all = append(all, password.Scrypt{WorkFactor: 2 << (high & 1), BlockSize: 1 + high>>1&1, Parallelism: 1 + high>>2&1},
			password.Argon2{Memory: 64 << (high & 1), Time: uint32(1 + high>>1&1), Parallelism: uint8(1 + high>>2&1)})
	}
	all = append(all, password.Legacy("md5"), password.Legacy("sha1"))
	replaced := map[string]int{}
	for _, preferred := range all {
		for _, maker := range all {
			stored := mustEncode(t, maker, "pw")
			hashers := append(password.Hashers{preferred}, all...)
			ok, upgrade := hashers.CheckPassword("pw", stored)
			if !ok {
				t.Fatalf("%s was refused", stored)
			}
			made := mustEncode(t, preferred, "pw")
			from, before := costsOf(t, stored)
			to, after := costsOf(t, made)
			want := from != to
			if from == to {
				lower, higher := false, false
				for i := range before {
					lower = lower || after[i] < before[i]
					higher = higher || after[i] > before[i]
				}
				want = higher && !lower
			}
			if upgrade != want {
				t.Errorf("%s by %s: upgrade = %v, want %v", stored, made, upgrade, want)
			}
			if upgrade && from == to && maker.MustUpdate(made) {
				t.Errorf("%s and %s replace each other", stored, made)
			}
			if upgrade && from == to {
				replaced[from]++
			}
		}
	}
	want := map[string]int{"pbkdf2_sha256": 3, "pbkdf2_sha1": 3, "bcrypt_sha256": 1, "bcrypt": 1, "scrypt": 19, "argon2": 20}
	if fmt.Sprint(replaced) != fmt.Sprint(want) {
		t.Errorf("replacements %v, want %v", replaced, want)
	}
}

// TestAWeakSaltIsReplacedUnlessTheHashIsStronger checks what is wrong with a
// hash apart from its parameters.
func TestAWeakSaltIsReplacedUnlessTheHashIsStronger(t *testing.T) {
	const long, short = "0123456789012345678901", "012345678901234567890"
	digest := strings.Repeat("A", 43) + "="
	for _, row := range []struct {
		iterations int
		salt       string
		want       bool
	}{
		{999, long, true},
		{999, short, true},
		{1000, long, false},
		{1000, short, true},
		{1001, long, false},
		{1001, short, false},
	} {
		encoded := strings.Join([]string{"pbkdf2_sha256", strconv.Itoa(row.iterations), row.salt, digest}, "$")
		if got := (password.PBKDF2SHA256{Iterations: 1000}).MustUpdate(encoded); got != row.want {
			t.Errorf("%s: %v, want %v", encoded, got, row.want)
		}
	}
}

// TestKeepHashes checks that a Checker with KeepHashes makes no replacement for
// any hash, and one without it does.
func TestKeepHashes(t *testing.T) {
	hashers := slices.Concat(password.Hashers{password.PBKDF2SHA256{Iterations: 1001}}, cheapHashers())
	for _, keep := range []bool{false, true} {
		checker := password.NewChecker(hashers, password.CheckerConfig{KeepHashes: keep})
		for _, maker := range cheapHashers() {
			encoded := mustEncode(t, maker, "pw")
			r, err := checker.Check(t.Context(), "pw", encoded)
			if err != nil || r.Err != nil || !r.OK || (r.Replacement == "") != keep {
				t.Errorf("KeepHashes %v: %s: %+v, %v", keep, encoded, r, err)
			}
		}
	}
}
