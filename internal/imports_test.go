// Package internal_test pins what each package of the module may import.
package internal_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ginauth/ginauth/"

// allowed lists, for each package, the packages outside the standard library
// that it may import directly. A path that ends in a slash stands for all
// packages below it.
var allowed = map[string][]string{
	"internal/alarm":         {},
	"internal/anonymous":     {},
	"internal/authorization": {},
	"internal/charfield":     {module + "internal/python", module + "internal/requestdata"},
	"internal/jsonobject":    {},
	"internal/wiring":        {},
	"internal/endpoint":      {module + "ginauth", module + "internal/charfield", module + "internal/requestdata", "github.com/gin-gonic/gin"},
	"internal/djangosigning": {},
	"internal/python":        {},
	"internal/random":        {},
	"internal/requestdata":   {module + "ginauth", module + "internal/jsonobject", module + "internal/python"},
	"ginauth":                {module + "internal/anonymous", "github.com/gin-gonic/gin"},
	"internal/sqlkit":        {"gorm.io/gorm"},
	"internal/setting":       {"gorm.io/gorm"},
	"internal/databaseurl":   {},
	"internal/redisscript":   {"github.com/redis/go-redis/v9"},
	"internal/refusal":       {},
	"models/password":        {module + "internal/python", module + "internal/random", module + "internal/refusal", "golang.org/x/crypto/"},
	"models":                 {module + "internal/alarm", module + "internal/anonymous", module + "internal/djangoschema", module + "internal/djangosigning", module + "internal/random", module + "internal/refusal", module + "models/password", module + "internal/sqlkit", module + "internal/setting", "golang.org/x/crypto/", "golang.org/x/text/unicode/norm", "gorm.io/gorm", "gorm.io/gorm/"},
	"policies": {
		module + "internal/alarm", module + "ginauth", module + "models", module + "policies/logins", module + "policies/rates", module + "internal/authorization", module + "internal/python", module + "internal/random", module + "internal/sqlkit",
		module + "internal/requestdata", "github.com/gin-gonic/gin", "gorm.io/gorm", "gorm.io/gorm/",
	},
	"policies/drf": {module + "ginauth", "github.com/gin-gonic/gin"},
	"policies/jwt": {
		module + "ginauth", module + "models", module + "policies", module + "policies/logins",
		module + "internal/authorization", module + "internal/endpoint", module + "internal/jsonobject", module + "internal/requestdata", module + "internal/wiring",
		"github.com/gin-gonic/gin", "github.com/golang-jwt/jwt/v5", "gorm.io/gorm",
	},
	"policies/authcache": {module + "ginauth", "github.com/gin-gonic/gin", "github.com/maypok86/otter/v2"},
	"policies/logins": {
		module + "internal/alarm", module + "ginauth", module + "models", module + "internal/setting", "github.com/gin-gonic/gin", "golang.org/x/text/cases", "golang.org/x/text/unicode/norm", "gorm.io/gorm",
	},
	"policies/redislogins": {module + "internal/redisscript", module + "policies/logins", "github.com/redis/go-redis/v9"},
	"policies/rates":       {},
	"policies/redisrate":   {module + "internal/redisscript", module + "policies/rates", "github.com/redis/go-redis/v9"},
	"policies/oidc": {
		module + "ginauth", module + "models", module + "policies/jwt", "github.com/gin-gonic/gin", "gorm.io/gorm",
	},
	"handlers": {
		module + "ginauth", module + "models", module + "policies", module + "policies/logins", module + "internal/charfield", module + "internal/endpoint", module + "internal/jsonobject", module + "internal/requestdata",
		module + "internal/wiring", "github.com/gin-gonic/gin", "gorm.io/gorm",
	},
	"commands": {
		module + "internal/databaseurl", module + "ginauth", module + "models", module + "models/password", module + "policies/logins", "github.com/alecthomas/kong", "golang.org/x/term", "gorm.io/gorm",
	},
}

func TestImports(t *testing.T) {
	for name, may := range allowed {
		for _, path := range goList(t, `{{join .Imports "\n"}}`, module+name) {
			if strings.Contains(strings.Split(path, "/")[0], ".") && !slices.ContainsFunc(may, covers(path)) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func covers(path string) func(string) bool {
	return func(allowed string) bool {
		return path == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(path, allowed)
	}
}

// TestEveryPackageIsPinned fails when a package is added that is in neither
// list: that of the library, or that of programs and test helpers.
func TestEveryPackageIsPinned(t *testing.T) {
	programs := []string{"example_app", "cmd/", "internal", "internal/"}
	for _, path := range goList(t, "{{.ImportPath}}", module+"...") {
		name := strings.TrimPrefix(path, module)
		if _, pinned := allowed[name]; !pinned && !slices.ContainsFunc(programs, covers(name)) {
			t.Errorf("%s is in no list of allowed imports", name)
		}
	}
}

// TestNoDriverInTheLibrary checks that the library imports no driver. Two
// SQLite drivers that register the same name panic at init, so the application
// must choose.
func TestNoDriverInTheLibrary(t *testing.T) {
	for name := range allowed {
		for _, path := range goList(t, `{{join .Deps "\n"}}`, module+name) {
			for _, driver := range []string{"modernc.org/sqlite", "github.com/mattn/go-sqlite3", "github.com/jackc/pgx", "gorm.io/driver", "github.com/libtnb"} {
				if strings.HasPrefix(path, driver) {
					t.Errorf("%s depends on the driver %s", name, path)
				}
			}
		}
	}
	for _, path := range goList(t, `{{join .Deps "\n"}}`, module+"models") {
		if strings.HasPrefix(path, "github.com/gin-gonic") {
			t.Errorf("models depends on %s", path)
		}
	}
}

// TestStoresAreLight checks that a store links what it needs and no more: one
// that counts in Redis has neither GORM nor the models in its program.
func TestStoresAreLight(t *testing.T) {
	for _, store := range []string{"policies/redisrate"} {
		for _, path := range goList(t, `{{join .Deps "\n"}}`, module+store) {
			if strings.HasPrefix(path, "gorm.io/") || path == module+"models" || strings.HasPrefix(path, module+"models/") {
				t.Errorf("%s depends on %s", store, path)
			}
		}
	}
}

func goList(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	return strings.Fields(string(out))
}
