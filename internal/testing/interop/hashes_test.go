package interop_test

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
)

// TestDjangosParameters asks the running Django for the parameters that a
// declaration of its release stands for.
func TestDjangosParameters(t *testing.T) {
	t.Parallel()
	url := database(t)
	db := dbtest.Open(t, url)
	dbtest.Fixture(t, db)
	there := startDjango(t, url)
	must(t, db.Use(beside(t)))
	declared := stack.Of(db)
	if got := there.do(t, "hasher_parameter", "PBKDF2PasswordHasher", "iterations"); got != float64(declared.Iterations()) {
		t.Errorf("%v iterations, want %d", got, declared.Iterations())
	}
	got, known := there.do(t, "hasher_parameter", "ScryptPasswordHasher", "parallelism").(float64)
	if since := djangotest.Since(t, djangotest.ReleasesOf(t).Django, "4.0"); known != since || known && got != float64(declared.ScryptParallelism()) {
		t.Errorf("parallelism %v, want %d", got, declared.ScryptParallelism())
	}
}

// TestHashesAreNotFoughtOver logs in on both sides by turns, under hashers that
// ginauth was given beside a Django with its own. No login of ginauth's writes a
// weaker hash. As long as the hash stays, all sessions stay.
func TestHashesAreNotFoughtOver(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		settings func(djangos int) gorm.Plugin
		there    string // whose logins change a hash that Django has made: "here there here there"
		here     string // whose logins change a hash that ginauth has made
	}{
		"declared": {func(int) gorm.Plugin { return beside(t) }, "- - - -", "- - - -"},
		"older":    {func(n int) gorm.Plugin { return prefers(n/2, false) }, "- - - -", "- changes - -"},
		"kept":     {func(n int) gorm.Plugin { return prefers(n+1, true) }, "- - - -", "- changes - -"},
		// why the Django must be declared: its rule lowers parameters
		"stronger": {func(n int) gorm.Plugin { return prefers(n+1, false) }, "changes changes changes changes", "- changes changes changes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHashingPair(t, row.settings)
			p.django.do(t, "set_password", "bob", "bob-pw")
			p.logInByTurns(t, "made on Django", row.there)
			must(t, users(t, p).SetPassword(t.Context(), named(t, p, "bob"), "bob-pw"))
			p.logInByTurns(t, "made on ginauth", row.here)
		})
	}
}

func prefers(iterations int, keep bool) models.Passwords {
	return models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: iterations}}, KeepHashes: keep}
}

// newHashingPair starts Django, and sessions on ginauth with a setting that
// depends on Django's iterations.
func newHashingPair(t *testing.T, setting func(djangos int) gorm.Plugin) *pair {
	t.Helper()
	url := database(t)
	db := dbtest.Open(t, url)
	dbtest.Fixture(t, db)
	there := startDjango(t, url)
	there.do(t, "take_over")
	iterations := there.do(t, "hasher_parameter", "PBKDF2PasswordHasher", "iterations").(float64)
	must(t, db.Use(setting(int(iterations))))
	must(t, db.Use(secretKeys))
	sessions := policies.Session(db, policies.SessionConfig{InsecureCookie: true, Backends: []string{"django.contrib.auth.backends.ModelBackend"}})
	site := sitetest.Serve(t, db, ginauth.AuthenticationClasses(sessions), ginauth.PermissionClasses(policies.IsAuthenticated))
	handlers.MountSession(site.Auth, site.Engine, "/session", sessions, handlers.SessionConfig{
		Rules: []ginauth.Rule{ginauth.NoThrottles()}, InsecureWithoutCSRF: true,
	})
	site.Engine.GET("/m/session/auth", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.JSON(200, gin.H{"user": user.Username})
	})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return &pair{db: db, here: side{"ginauth", server.URL}, there: side{"Django", there.url}, django: there}
}

// logInByTurns logs in here, there, here and there. It checks after each login
// whether the hash has changed as wanted, that ginauth has not lowered its
// iterations, and which sessions are valid on both sides.
func (p *pair) logInByTurns(t *testing.T, when, want string) {
	t.Helper()
	hash, sessions := p.stored(t), []*client{}
	for i, change := range strings.Fields(want) {
		on := p.both()[i%2]
		turn := when + ", login " + strconv.Itoa(i+1) + " on " + on.name
		made := logIn(t, on, "bob", "bob-pw")
		before := hash
		if hash = p.stored(t); (hash != before) != (change == "changes") {
			t.Errorf("%s: %s became %s, want %q", turn, before, hash, change)
		}
		if on == p.here && iterationsOf(t, hash) < iterationsOf(t, before) {
			t.Errorf("%s: %s became the weaker %s", turn, before, hash)
		}
		for _, s := range p.both() {
			made.sees(t, s, "bob", turn)
		}
		for j, former := range sessions {
			for _, s := range p.both() {
				if hash == before {
					former.sees(t, s, "bob", turn+", session "+strconv.Itoa(j+1))
				} else {
					former.sees(t, s, nobody, turn+", session "+strconv.Itoa(j+1))
				}
			}
		}
		if hash != before {
			sessions = nil
		}
		sessions = append(sessions, made)
	}
}

// stored returns bob's hash.
func (p *pair) stored(t *testing.T) string {
	t.Helper()
	return userkit.Of(users(t, p)).Table().PasswordHash(named(t, p, "bob"))
}

func iterationsOf(t *testing.T, hash string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.Split(hash, "$")[1])
	must(t, err)
	return n
}
