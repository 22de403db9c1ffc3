package legacyapp_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/legacyapp"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// whole returns an answer with its headers, but without a token and its expiry,
// which differ at each login.
func whole(t *testing.T, a sitetest.Answer) string {
	t.Helper()
	var body map[string]any
	if json.Unmarshal(a.Body.Bytes(), &body) != nil || body["token"] == nil {
		return fmt.Sprint(a.Code, a.Header(), a.Body)
	}
	maps.DeleteFunc(body, func(name string, _ any) bool { return name == "token" || name == "expire" })
	return fmt.Sprint(a.Code, a.Header(), body)
}

// TestAnOpenGuardChangesNothing sends requests to the application as it was and
// after step 2, and compares the whole answers.
func TestAnOpenGuardChangesNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		newDB(t, db)
		before := legacyapp.Before(db, oldSecret)
		clients := []sitetest.As{
			nil, sitetest.Bearer("x.y.z"), sitetest.Bearer(expired()), {"Authorization: x"},
			logIn(t, before, "admin@example.com"), logIn(t, before, "viewer@example.com"),
		}
		if err := legacyapp.Configure(db, hashers); err != nil {
			t.Fatal(err)
		}
		open, auth := legacyapp.Open(db, oldSecret)
		for _, finding := range auth.Check() {
			t.Error(finding)
		}
		compare := func(method, path string, as sitetest.As, body string) {
			was, is := sitetest.Send(before, method, path, as, body), sitetest.Send(open, method, path, as, body)
			if whole(t, was) != whole(t, is) {
				t.Errorf("%s %s of %s: %s, was %s", method, path, as, whole(t, is), whole(t, was))
			}
		}
		for _, as := range clients {
			for _, route := range before.Routes() {
				compare(route.Method, strings.ReplaceAll(route.Path, ":id", "7"), as, "")
			}
			compare("GET", "/login", as, "")
			compare("OPTIONS", "/api/me", as, "")
			compare("GET", "/nowhere", as, "")
		}
		for _, as := range loginClients {
			compare("POST", "/login", as, `{"email":"admin@example.com","password":"pw"}`)
			compare("POST", "/login", as, `{"email":"admin@example.com","password":"wrong"}`)
		}
	})
}

// TestTheOldProgramRefusesNewTokens is why steps 3 and 4 are one deployment.
func TestTheOldProgramRefusesNewTokens(t *testing.T) {
	db := newConfigured(t)
	after, _ := legacyapp.After(db, sitetest.JWTKey, oldSecret, false)
	token := logIn(t, after, "admin@example.com")
	for name, h := range map[string]http.Handler{"the old program": legacyapp.Before(db, oldSecret), "after": after} {
		want := map[string]int{"the old program": 401, "after": 200}[name]
		if got := sitetest.Send(h, "GET", "/api/me", token, "").Code; got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// TestOldTokensNeedsASecret checks that no server starts with a secret with
// which anybody could sign.
func TestOldTokensNeedsASecret(t *testing.T) {
	db := newConfigured(t)
	for _, secret := range [][]byte{nil, {}} {
		func() {
			defer func() {
				if got := recover(); got != "OldTokens: the secret is empty" {
					t.Errorf("recovered %v", got)
				}
			}()
			legacyapp.After(db, sitetest.JWTKey, secret, true)
		}()
	}
}

// TestWhatDiffers sends the requests of the page's last table.
func TestWhatDiffers(t *testing.T) {
	db := newConfigured(t)
	before := legacyapp.Before(db, oldSecret)
	after, _ := legacyapp.After(db, sitetest.JWTKey, oldSecret, true)
	viewer := logIn(t, before, "viewer@example.com")
	for _, row := range []struct {
		method, path string
		as           sitetest.As
		body         string
		was, is      string
	}{
		{"POST", "/login", nil, `{}`, "401 missing Username or Password JWT realm=legacy", `400 Bad Request `},
		{"GET", "/login", nil, "", "404  ", `405 Method "GET" not allowed. `},
		{"POST", "/login", nil, `{"email":"admin@example.com","password":"wrong"}`,
			"401 incorrect Username or Password JWT realm=legacy",
			`401 No active account found with the given credentials Bearer realm="api"`},
		{"GET", "/api/me", nil, "",
			"401 auth header is empty JWT realm=legacy",
			`401 Authentication credentials were not provided. Bearer realm="api"`},
		{"GET", "/api/me", sitetest.Bearer("x.y.z"), "",
			"401 Token is invalid JWT realm=legacy",
			`401 Given token not valid for any token type Bearer realm="api"`},
		{"GET", "/admin/users", viewer, "",
			"403 you don't have permission to access this resource JWT realm=legacy",
			"403 You do not have permission to perform this action. "},
	} {
		was, is := sitetest.Send(before, row.method, row.path, row.as, row.body), sitetest.Send(after, row.method, row.path, row.as, row.body)
		if told(was) != row.was || told(is) != row.is {
			t.Errorf("%s %s %s\n is %q\nwas %q", row.method, row.path, row.body, told(is), told(was))
		}
	}
}

// told returns the status, the text and the challenge of a refusal.
func told(a sitetest.Answer) string {
	var body struct{ Message string }
	_ = json.Unmarshal(a.Body.Bytes(), &body) // Gin's own 404 is a text
	return fmt.Sprint(a.Code, " ", body.Message, " ", a.Header().Get("WWW-Authenticate"))
}

// TestALoginNeedsTheTypeOfItsBody checks what the page says about a login
// without the middleware that sets the type.
func TestALoginNeedsTheTypeOfItsBody(t *testing.T) {
	db := newConfigured(t)
	r := gin.New()
	jwt.Mount(ginauth.New(r), r, jwt.Endpoints{Sliding: "/login", ForOthers: true}, db, jwt.Config{Key: sitetest.JWTKey})
	for contentType, want := range map[string]int{
		"application/json": 200, "application/x-www-form-urlencoded": 400, "text/plain": 415, "": 415,
	} {
		as := sitetest.As{"Content-Type: " + contentType}
		if got := sitetest.Send(r, "POST", "/login", as, `{"email":"admin@example.com","password":"pw"}`); got.Code != want {
			t.Errorf("%q: %s", contentType, got)
		}
	}
	form := sitetest.As{"Content-Type: application/x-www-form-urlencoded"}
	if got := sitetest.Send(r, "POST", "/login", form, "email=admin@example.com&password=pw"); got.Code != 200 {
		t.Errorf("a form: %s", got)
	}
}

// newConfigured returns the application's database after step 1.
func newConfigured(t *testing.T) *gorm.DB {
	t.Helper()
	db := newDB(t, dbtest.Open(t, dbtest.SQLite(t)))
	if err := legacyapp.Configure(db, hashers); err != nil {
		t.Fatal(err)
	}
	return db
}
