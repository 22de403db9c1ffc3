package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// directories maps names of packages to their directories. A package that is
// not in it has the directory of its name.
var directories = map[string]string{
	"handlers": "handlers", "commands": "commands", "jwt": "policies/jwt", "oidc": "policies/oidc", "logins": "policies/logins",
	"rates": "policies/rates", "network": "internal/network", "ratekey": "internal/ratekey", "loginstore": "internal/loginstore", "redisrate": "policies/redisrate", "redislogins": "policies/redislogins", "authcache": "policies/authcache", "drf": "policies/drf",
	"internal": "internal", "interop": "internal/testing/interop", "secrecy": "internal/testing/secrecy", "browser": "internal/testing/browser",
	"beside": "internal/testing/beside", "password": "models/password", "session": "models/session",
	"accesstoken": "models/accesstoken", "apikey": "models/apikey", "refreshtoken": "internal/refreshtoken",
	"resettoken": "models/resettoken", "requirements": "models/requirements", "oauth2token": "models/oauth2token",
	"stack": "internal/stack", "cookies": "internal/cookies", "announcement": "internal/announcement", "hidden": "internal/hidden", "logintables": "internal/logintables",
	"outages": "internal/testing/outages", "soak": "internal/testing/soak", "logintest": "internal/testing/logintest",
}

var namedTest = regexp.MustCompile("`([a-z_]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")

// TestNamedTestsExist checks that every test that the pages about security name
// exists.
func TestNamedTestsExist(t *testing.T) {
	sources := map[string]string{}
	for page, least := range map[string]int{"security-tests.md": 80, "security-model.md": 30} {
		named := namedTest.FindAllStringSubmatch(document(t, "../docs/"+page), -1)
		if len(named) < least {
			t.Errorf("%s names only %d tests", page, len(named))
		}
		for _, match := range named {
			pkg, name := match[1], match[2]
			if sources[pkg] == "" {
				sources[pkg] = testsOf(t, pkg)
			}
			if !strings.Contains(sources[pkg], "\nfunc "+name+"(") {
				t.Errorf("%s names %s.%s, which does not exist", page, pkg, name)
			}
		}
	}
}

// testsOf returns the source text of a package's tests.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	directory := pkg
	if d, ok := directories[pkg]; ok {
		directory = d
	}
	files, err := filepath.Glob(filepath.Join("..", directory, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests, %v", pkg, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
