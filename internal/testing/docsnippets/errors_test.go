package docsnippets_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"

	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// errorRow matches a row of the first table of docs/errors.md.
var errorRow = regexp.MustCompile("(?m)^\\| ([0-9]{3} `\\w+`) \\| `([^|]+)` \\| (?:`([^|]+)` )?\\| ")

// errorSite has a route for each row of the table.
func errorSite(t *testing.T) *sitetest.Site {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	err := errors.Join(db.Use(models.Scopes{"a": {}, "b": {}}), db.AutoMigrate(&Note{}))
	if err != nil {
		t.Fatal(err)
	}
	people.Create(t, db)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Token(db), policies.AccessToken(db), policies.Basic(db)),
		ginauth.RefuseUncheckedObjects(true),
		ginauth.ErrorRenderer(func(c *gin.Context, e *ginauth.Error) { // the body does not have the code
			c.Header("Code", e.Code)
			ginauth.RenderDetail(c, e)
		}))
	s.Engine.GET("/me", sitetest.Me)
	declare := func(path string, rules ...ginauth.Rule) {
		s.Auth.With(s.Engine, rules...).Any(path, func(c *gin.Context) { c.Status(http.StatusOK) })
	}
	declare("/session", ginauth.AuthenticationClasses(policies.Session(db)))
	declare("/staff", ginauth.PermissionClasses(policies.IsAdminUser))
	declare("/scope", ginauth.PermissionClasses(policies.HasScope("b")))
	declare("/notes/:id", ginauth.Object(policies.Load[Note](db, "id")), ginauth.PermissionClasses(policies.AllowAny))
	declare("/once", ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(policies.AnonRate("1/min")))
	declare("/unchecked", ginauth.ObjectsInHandler(), ginauth.PermissionClasses(policies.IsOwner("owner_id")))
	down := policies.PermissionFunc("Down", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, errors.New("down") })
	declare("/down", ginauth.PermissionClasses(down))
	handlers.MountObtainAuthToken(s.Auth, s.Engine, "/login", db)
	handlers.MountAccessTokens(s.Auth, s.Engine, "/tokens", db)
	return s
}

// TestErrorsPage compares the answers that docs/errors.md shows with those of a
// server.
func TestErrorsPage(t *testing.T) {
	s := errorSite(t)
	alice, limited := sitetest.Token(s.TokenKey("alice")), sitetest.Bearer(s.AccessToken("alice", "a"))
	basic := sitetest.Basic("alice")
	token := s.Do("POST", "/tokens", basic, `{"name":"t","scopes":["*"],"expires_in":60}`).Text(t, "id")
	s.Do("DELETE", "/tokens/"+token, basic, "")
	s.Get("/once", sitetest.Anonymous)
	large := `"` + strings.Repeat("x", 1<<16) + `"`
	requests := map[string]struct {
		method, path string
		as           sitetest.As
		body         string
	}{
		"401 `not_authenticated`":      {"GET", "/me", sitetest.Anonymous, ""},
		"403 `not_authenticated`":      {"GET", "/session", sitetest.Anonymous, ""},
		"401 `authentication_failed`":  {"GET", "/me", sitetest.Token("wrong"), ""},
		"403 `permission_denied`":      {"GET", "/staff", alice, ""},
		"403 `insufficient_scope`":     {"GET", "/scope", limited, ""},
		"404 `not_found`":              {"GET", "/notes/1", alice, ""},
		"405 `method_not_allowed`":     {"PATCH", "/login", sitetest.Anonymous, ""},
		"429 `throttled`":              {"GET", "/once", sitetest.Anonymous, ""},
		"400 `parse_error`":            {"POST", "/login", sitetest.Anonymous, "{"},
		"400 `invalid`":                {"POST", "/login", sitetest.Anonymous, "{}"},
		"413 `request_too_large`":      {"POST", "/login", sitetest.Anonymous, large},
		"415 `unsupported_media_type`": {"POST", "/login", sitetest.As{"Content-Type: text/csv"}, "a"},
		"409 `token_ended`":            {"POST", "/tokens/" + token + "/rotate", basic, "{}"},
		"500 `error`":                  {"GET", "/unchecked", alice, ""},
		"503 `service_unavailable`":    {"GET", "/down", alice, ""},
	}
	rows := errorRow.FindAllStringSubmatch(source(t, "docs/errors.md"), -1)
	if len(rows) != len(requests) {
		t.Errorf("the table has %d rows, and there are %d requests", len(rows), len(requests))
	}
	for _, row := range rows {
		request, ok := requests[row[1]]
		if !ok {
			t.Errorf("there is no request for the row %s", row[1])
			continue
		}
		w := s.Do(request.method, request.path, request.as, request.body)
		if got := fmt.Sprintf("%d `%s`", w.Code, w.Header().Get("Code")); got != row[1] || !printed(w.Body.String(), row[2]) {
			t.Errorf("%s: got %s %s, want %s", row[1], got, w.Body, row[2])
		}
		name, value, _ := strings.Cut(row[3], ": ")
		if name != "" && !printed(w.Header().Get(name), value) {
			t.Errorf("%s: %s is %q, want %q", row[1], name, w.Header().Get(name), value)
		}
	}
}

// codeInSource matches what sets the code of an error.
var codeInSource = regexp.MustCompile(`(?:Status: [\w.]+, Code: +|WithCode\(|const (?:code|notValid) = |\) Code\(\) string +\{ return )"([a-z_]+)"`)

// TestErrorsPageNamesEveryCode checks that docs/errors.md has the codes of all
// errors.
func TestErrorsPageNamesEveryCode(t *testing.T) {
	page, found := source(t, "docs/errors.md"), 0
	for _, pattern := range []string{"ginauth", "handlers", "internal/refusal", "models", "models/*", "policies", "policies/*"} {
		files, err := filepath.Glob(filepath.Join(root, pattern, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range codeInSource.FindAllStringSubmatch(string(text), -1) {
				found++
				if !strings.Contains(page, "`"+code[1]+"`") {
					t.Errorf("docs/errors.md lacks the code %q of %s", code[1], file)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d codes were found", found)
	}
}
