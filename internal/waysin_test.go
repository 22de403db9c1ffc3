package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// waysIn are the files that test a password or a key, each in one line.
var waysIn = []string{
	"../models/apikey/hash.go",     // keys, not passwords
	"../models/login.go",           // a hash that a concurrent login has stored
	"../models/login/login.go",     // for AuthenticateUnlimited
	"../policies/logins/logins.go", // within the limits
}

// passwordTest matches a call that tests a password past the limits:
// login.AuthenticateUnlimited, or the CheckPassword of userkit.Users and of
// password.Hashers.
var passwordTest = regexp.MustCompile(`\.(AuthenticateUnlimited|CheckPassword)\(`)

// TestEveryWayInIsLimited checks that only package policies/logins tests
// passwords past the limits of failed logins.
func TestEveryWayInIsLimited(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(source)) {
			if !passwordTest.MatchString(line) || strings.HasPrefix(line, "//") {
				continue
			}
			found++
			if !slices.Contains(waysIn, filepath.ToSlash(path)) {
				t.Errorf("%s tests a password without logins.Of: %s", path, line)
			}
		}
		return nil
	})
	if err != nil || found != len(waysIn) {
		t.Errorf("%d calls were found, %v", found, err)
	}
}
