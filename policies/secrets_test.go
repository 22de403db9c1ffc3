package policies_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestNothingPrintsAKey prints everything that holds a key of the application,
// with every verb: a struct in a log must not reveal what it was made with.
func TestNothingPrintsAKey(t *testing.T) {
	const secretKey, signingKey = "a-secret-key-of-fifty-characters-like-those-of-Django", "a-signing-key-of-more-than-32-bytes"
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.SecretKeys{secretKey}); err != nil {
		t.Fatal(err)
	}
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	reset, err := resettoken.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	session := policies.Session(db)
	if err := models.CreateUser(t.Context(), db, &models.User{Username: "alice"}, ""); err != nil {
		t.Fatal(err)
	}
	alice, err := session.Sessions().Users().ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	begun, err := session.Sessions().Login(t.Context(), "", alice)
	if err != nil {
		t.Fatal(err)
	}
	if err := begun.Set("_csrftoken", secretKey); err != nil { // as Django keeps it with CSRF_USE_SESSIONS
		t.Fatal(err)
	}
	config := jwt.Config{Key: jwt.HS256([]byte(signingKey))}
	bearer, issuer, stateless := jwt.NewAuthenticator(db, config), jwt.NewIssuer(db, config), jwt.NewStatelessAuthenticator(config)
	for _, v := range []any{
		db.Plugins[models.SecretKeys{}.Name()],
		reset, *reset, begun, *begun, struct{ held any }{*begun}, session, *session, session.Sessions(), *session.Sessions(),
		config, config.Key, bearer, *bearer, issuer, *issuer, stateless, *stateless,
		struct{ held any }{session.Sessions()}, struct{ held any }{*issuer},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			for _, key := range []string{secretKey, signingKey} {
				bytes := strings.Trim(fmt.Sprint([]byte(key)), "[]")
				for _, form := range []string{key, fmt.Sprintf("%x", key), bytes} {
					if strings.Contains(text, form) {
						t.Errorf("%s of a %T prints the key", verb, v)
					}
				}
			}
		}
	}
}
