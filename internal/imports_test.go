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
	"audit": {
		module + "ginauth",
		module + "internal/alarm",
		module + "internal/djangoschema",
		module + "internal/sqlkit",
		module + "internal/timeid",
		module + "internal/wiring",
		module + "models",
		"gorm.io/gorm",
	},
	"commands": {
		module + "audit",
		module + "ginauth",
		module + "internal/bystander",
		module + "internal/databaseurl",
		module + "internal/djangoschema",
		module + "internal/loginstore",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "models",
		module + "models/accesstoken",
		module + "models/apikey",
		module + "models/password",
		module + "models/prune",
		module + "models/session",
		module + "policies/logins",
		"github.com/alecthomas/kong",
		"golang.org/x/term",
		"gorm.io/gorm",
	},
	"database": {
		module + "internal/announcement",
		module + "internal/databaseurl",
		module + "internal/wiring",
		"github.com/jackc/pgx/v5",
		"github.com/jackc/pgx/v5/pgconn",
		"github.com/jackc/pgx/v5/stdlib",
		"github.com/libtnb/sqlite",
		"gorm.io/driver/postgres",
		"gorm.io/gorm",
		"gorm.io/gorm/logger",
		"modernc.org/sqlite",
	},
	"ginauth": {
		module + "internal/alarm",
		module + "internal/standin",
		module + "internal/trial",
		"github.com/gin-gonic/gin",
	},
	"ginauthtest": {
		module + "ginauth",
		module + "internal/csrf",
		module + "internal/trial",
		module + "models",
		module + "models/accesstoken",
		module + "models/apikey",
		module + "models/password",
		module + "models/session",
		"gorm.io/gorm",
	},
	"handlers": {
		module + "ginauth",
		module + "internal/alarm",
		module + "internal/charfield",
		module + "internal/endpoint",
		module + "internal/fingerprint",
		module + "internal/jsonobject",
		module + "internal/requestdata",
		module + "internal/standin",
		module + "internal/wiring",
		module + "models",
		module + "models/accesstoken",
		module + "models/login",
		module + "models/session",
		module + "policies",
		module + "policies/logins",
		"github.com/gin-gonic/gin",
		"gorm.io/gorm",
	},
	"internal/alarm":         {},
	"internal/announcement":  {},
	"internal/authorization": {},
	"internal/batches":       {},
	"internal/charfield": {
		module + "internal/python",
		module + "internal/requestdata",
	},
	"internal/cookies": {
		module + "ginauth",
		module + "internal/csrf",
		module + "internal/requestdata",
		module + "internal/stack",
		module + "internal/wiring",
		"github.com/gin-gonic/gin",
	},
	"internal/csrf": {
		module + "internal/random",
	},
	"internal/databaseurl": {},
	"internal/djangosigning": {
		module + "internal/hidden",
	},
	"internal/epoch": {},
	"internal/endpoint": {
		module + "ginauth",
		module + "internal/charfield",
		module + "internal/requestdata",
		"github.com/gin-gonic/gin",
	},
	"internal/fingerprint": {},
	"internal/hashing": {
		module + "internal/setting",
		module + "internal/sqlkit",
		module + "internal/stack",
		module + "models/password",
		"gorm.io/gorm",
	},
	"internal/hidden":     {},
	"internal/jsonobject": {},
	"internal/loginrecord": {
		module + "models/login",
	},
	"internal/logintables": {},
	"internal/loginstore": {
		module + "internal/batches",
		module + "internal/pooler",
		"golang.org/x/text/cases",
		"golang.org/x/text/unicode/norm",
	},
	"internal/modellabel": {
		"gorm.io/gorm",
	},
	"internal/pooler":  {},
	"internal/python":  {},
	"internal/network": {},
	"internal/random":  {},
	"internal/ratekey": {},
	"internal/redisscript": {
		"github.com/redis/go-redis/v9",
	},
	"internal/refusal": {},
	"internal/requestdata": {
		module + "ginauth",
		module + "internal/jsonobject",
		module + "internal/python",
	},
	"internal/setting": {
		module + "internal/sqlkit",
		"gorm.io/gorm",
	},
	"internal/lag": {},
	"internal/sqlkit": {
		module + "internal/alarm",
		module + "internal/lag",
		module + "internal/pooler",
		"gorm.io/gorm",
		"gorm.io/gorm/clause",
		"gorm.io/gorm/logger",
	},
	"internal/stack": {
		module + "internal/setting",
		"gorm.io/gorm",
	},
	"internal/scopeset": {
		module + "internal/setting",
		module + "internal/usertable",
		"gorm.io/gorm",
	},
	"internal/standin": {},
	"internal/trial":   {},
	"internal/timeid":  {},
	"internal/userkit": {
		module + "internal/epoch",
		module + "internal/usertable",
		module + "models/password",
		"gorm.io/gorm",
	},
	"internal/usertable": {
		module + "internal/djangoschema",
		module + "internal/epoch",
		module + "internal/sqlkit",
		"gorm.io/gorm",
		"gorm.io/gorm/schema",
	},
	"internal/wiring": {},
	"models": {
		module + "internal/alarm",
		module + "internal/announcement",
		module + "internal/djangoschema",
		module + "internal/epoch",
		module + "internal/hashing",
		module + "internal/modellabel",
		module + "internal/refusal",
		module + "internal/scopeset",
		module + "internal/setting",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "internal/usertable",
		module + "models/password",
		"golang.org/x/text/cases",
		"golang.org/x/text/unicode/norm",
		"gorm.io/gorm",
		"gorm.io/gorm/",
	},
	"models/accesstoken": {
		module + "internal/alarm",
		module + "internal/announcement",
		module + "internal/djangoschema",
		module + "internal/epoch",
		module + "internal/random",
		module + "internal/refusal",
		module + "internal/scopeset",
		module + "internal/setting",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		"gorm.io/gorm",
	},
	"models/apikey": {
		module + "internal/djangoschema",
		module + "internal/hashing",
		module + "internal/random",
		module + "internal/scopeset",
		module + "internal/sqlkit",
		module + "models",
		module + "models/password",
		"gorm.io/gorm",
	},
	"models/login": {
		module + "internal/logintables",
		module + "internal/setting",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "models",
		module + "models/password",
		"gorm.io/gorm",
	},
	"models/oauth2token": {
		module + "internal/djangoschema",
		module + "internal/epoch",
		module + "internal/scopeset",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "internal/usertable",
		module + "internal/wiring",
		module + "models",
		"gorm.io/gorm",
	},
	"models/password": {
		module + "internal/python",
		module + "internal/random",
		module + "internal/refusal",
		module + "internal/wiring",
		"golang.org/x/crypto/",
	},
	"models/prune": {
		module + "internal/alarm",
		module + "internal/batches",
		module + "internal/djangoschema",
		module + "internal/loginstore",
		module + "internal/random",
		module + "internal/sqlkit",
		module + "internal/timeid",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		"gorm.io/gorm",
	},
	"models/resettoken": {
		module + "internal/djangosigning",
		module + "internal/hidden",
		module + "internal/refusal",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		module + "models/password",
		"golang.org/x/text/cases",
		"golang.org/x/text/unicode/norm",
		"gorm.io/gorm",
	},
	"models/requirements": {
		module + "internal/logintables",
		module + "internal/sqlkit",
		module + "models",
		module + "models/login",
		"golang.org/x/text/unicode/norm",
		"gorm.io/gorm",
	},
	"models/session": {
		module + "internal/djangoschema",
		module + "internal/djangosigning",
		module + "internal/epoch",
		module + "internal/fingerprint",
		module + "internal/hidden",
		module + "internal/loginrecord",
		module + "internal/logintables",
		module + "internal/refusal",
		module + "internal/sqlkit",
		module + "internal/userkit",
		module + "models",
		module + "models/login",
		"gorm.io/gorm",
	},
	"policies": {
		module + "ginauth",
		module + "internal/authorization",
		module + "internal/cookies",
		module + "internal/djangoschema",
		module + "internal/fingerprint",
		module + "internal/loginrecord",
		module + "internal/modellabel",
		module + "internal/network",
		module + "internal/python",
		module + "internal/random",
		module + "internal/ratekey",
		module + "internal/requestdata",
		module + "internal/scopeset",
		module + "internal/sqlkit",
		module + "internal/stack",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		module + "models/accesstoken",
		module + "models/apikey",
		module + "models/login",
		module + "models/oauth2token",
		module + "models/session",
		module + "policies/logins",
		module + "policies/rates",
		"github.com/gin-gonic/gin",
		"gorm.io/gorm",
		"gorm.io/gorm/",
	},
	"policies/authcache": {
		module + "ginauth",
		module + "internal/alarm",
		module + "internal/announcement",
		module + "internal/lag",
		"github.com/gin-gonic/gin",
		"github.com/maypok86/otter/v2",
	},
	"policies/drf": {
		module + "ginauth",
		module + "internal/stack",
		"github.com/gin-gonic/gin",
		"gorm.io/gorm",
	},
	"policies/jwt": {
		module + "ginauth",
		module + "internal/announcement",
		module + "internal/authorization",
		module + "internal/cookies",
		module + "internal/endpoint",
		module + "internal/epoch",
		module + "internal/hidden",
		module + "internal/jsonobject",
		module + "internal/loginrecord",
		module + "internal/refreshtoken",
		module + "internal/requestdata",
		module + "internal/scopeset",
		module + "internal/sqlkit",
		module + "internal/stack",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		module + "models/login",
		module + "policies",
		module + "policies/drf",
		module + "policies/logins",
		"github.com/gin-gonic/gin",
		"github.com/golang-jwt/jwt/v5",
		"gorm.io/gorm",
	},
	"policies/logins": {
		module + "ginauth",
		module + "internal/alarm",
		module + "internal/loginstore",
		module + "internal/network",
		module + "internal/setting",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "internal/sqlkit",
		module + "models",
		module + "models/login",
		"github.com/gin-gonic/gin",
		"gorm.io/gorm",
	},
	"policies/oidc": {
		module + "ginauth",
		module + "internal/epoch",
		module + "internal/scopeset",
		module + "internal/userkit",
		module + "internal/wiring",
		module + "models",
		module + "policies/jwt",
		"github.com/gin-gonic/gin",
		"gorm.io/gorm",
	},
	"policies/rates": {
		module + "internal/bystander",
		module + "internal/ratekey",
		module + "internal/wiring",
	},
	"policies/redischannel": {
		module + "internal/redisscript",
		module + "internal/wiring",
		"github.com/redis/go-redis/v9",
	},
	"policies/redislogins": {
		module + "internal/loginstore",
		module + "internal/redisscript",
		module + "internal/wiring",
		"github.com/redis/go-redis/v9",
	},
	"policies/redisrate": {
		module + "internal/redisscript",
		module + "internal/wiring",
		module + "policies/rates",
		"github.com/redis/go-redis/v9",
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

// TestNoDriverInTheLibrary checks that no package imports a driver except
// database, and that none imports that one. Two SQLite drivers that register
// the same name panic at init, so the application must choose.
func TestNoDriverInTheLibrary(t *testing.T) {
	for name := range allowed {
		if name == "database" {
			continue
		}
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
	for _, store := range []string{"policies/redisrate", "policies/redislogins", "policies/redischannel"} {
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
