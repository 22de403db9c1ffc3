package ginauthtest

import (
	"net/http"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/csrf"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
)

// CheapHashes returns a setting that makes hashing a password cost nothing in a
// test's database: db.Use(ginauthtest.CheapHashes()), before anything else is
// given the database. Such hashes are worthless. It panics in a program that is
// not a test.
func CheapHashes() models.Passwords {
	if !testing.Testing() {
		panic("ginauthtest: CheapHashes is for tests")
	}
	return models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1}}}
}

// Basic returns the credential of a user's name and password.
func Basic(username, password string) Credential {
	return func(r *http.Request) { r.SetBasicAuth(username, password) }
}

// Bearer returns a token after the keyword Bearer, such as a JSON web token that
// jwt.Issuer has issued.
func Bearer(token string) Credential { return header("Authorization", "Bearer "+token) }

// header returns a credential in a header.
func header(name, value string) Credential {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// Token returns DRF's token of a stored user, creating it if needed, for
// policies.Token.
func Token(t testing.TB, db *gorm.DB, user models.UserModel) Credential {
	t.Helper()
	users, err := models.UsersOf(db)
	check(t, err)
	token, err := users.GetOrCreateToken(t.Context(), user)
	check(t, err)
	return header("Authorization", "Token "+string(token.Key))
}

// AccessToken returns a new access token of a stored user, for
// policies.AccessToken. It does not expire. Without scopes it permits all that
// the user may do.
func AccessToken(t testing.TB, db *gorm.DB, user models.UserModel, scopes ...string) Credential {
	t.Helper()
	tokens, err := accesstoken.Of(db)
	check(t, err)
	if len(scopes) == 0 {
		scopes = []string{models.AllScopes}
	}
	draft := accesstoken.Draft{Name: "test", Scopes: scopes, Expiry: accesstoken.NeverExpires}
	_, secret, err := tokens.Create(t.Context(), user, draft)
	check(t, err)
	return Bearer(string(secret))
}

// APIKey returns a new API key, for policies.HasAPIKey.
func APIKey(t testing.TB, db *gorm.DB) Credential {
	t.Helper()
	key, err := apikey.Create(t.Context(), db, &apikey.Key{Name: "test"})
	check(t, err)
	return header("Authorization", "Api-Key "+string(key))
}

// Session returns a new session of a stored user, for policies.Session: the
// cookies of the session and of the CSRF token, and the header in which scripts
// send the token, under the names that Django gives them. A request without an
// Origin header is given that of its own host, over HTTPS.
func Session(t testing.TB, db *gorm.DB, user models.UserModel) Credential {
	t.Helper()
	sessions, err := session.Of(db, session.Config{})
	check(t, err)
	s, err := sessions.Login(t.Context(), "", user)
	check(t, err)
	secret := csrf.NewSecret()
	return func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: string(s.Key)})
		r.AddCookie(&http.Cookie{Name: "csrftoken", Value: secret})
		r.Header.Set("X-CSRFToken", csrf.Token(secret))
		if r.Header.Get("Origin") == "" {
			r.Header.Set("Origin", "https://"+r.Host)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("ginauthtest: %v", err)
	}
}
