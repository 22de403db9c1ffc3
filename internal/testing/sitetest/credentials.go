package sitetest

import (
	"strings"

	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies/jwt"
)

// JWTKey signs the JSON web tokens of tests.
var JWTKey = jwt.HS256([]byte(strings.Repeat("k", 32)))

// TokenKey returns the key of a user's token, which it creates if need be.
func (s *Site) TokenKey(name string) string {
	s.t.Helper()
	users, err := models.UsersOf(s.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := users.GetOrCreateToken(s.t.Context(), people.Named(s.t, s.DB, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(token.Key)
}

// SessionKey logs a user in and returns the key of the session.
func (s *Site) SessionKey(name string) string {
	s.t.Helper()
	sessions, err := session.Of(s.DB, session.Config{})
	if err != nil {
		s.t.Fatal(err)
	}
	session, err := sessions.Login(s.t.Context(), "", people.Named(s.t, s.DB, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(session.Key)
}

// AccessToken creates an access token that does not expire and returns its
// secret.
func (s *Site) AccessToken(name string, scopes ...string) string {
	s.t.Helper()
	tokens, err := accesstoken.Of(s.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	draft := accesstoken.Draft{Name: strings.Join(scopes, " "), Scopes: scopes, Expiry: accesstoken.NeverExpires}
	_, secret, err := tokens.Create(s.t.Context(), people.Named(s.t, s.DB, name), draft)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(secret)
}

// APIKey creates an API key and returns its text.
func (s *Site) APIKey() string {
	s.t.Helper()
	key, err := apikey.Create(s.t.Context(), s.DB, &apikey.Key{Name: "nightly build"})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(key)
}

// JWT returns an access token of a user, which [JWTKey] signs.
func (s *Site) JWT(name string) string {
	s.t.Helper()
	pair, err := jwt.NewIssuer(s.DB, jwt.Config{Key: JWTKey}).Pair(s.t.Context(), people.Named(s.t, s.DB, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return pair.Access
}
