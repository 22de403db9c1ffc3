package sitetest

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/ginauth/ginauth/internal/testing/people"
)

// As is the client that sends a request: header lines such as "Name: value",
// most often one with a credential.
type As []string

// Anonymous is a client without credentials.
var Anonymous As

// Basic is a client with the name and the password of a user.
func Basic(name string) As { return Password(name, people.Password(name)) }

// Password is a client with that name and password.
func Password(name, password string) As {
	return As{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}
}

// Token is a client with a token of DRF's.
func Token(key string) As { return As{"Authorization: Token " + key} }

// Bearer is a client with an access token or a JWT.
func Bearer(token string) As { return As{"Authorization: Bearer " + token} }

// With returns a client that sends more lines. A line replaces an earlier one
// of the same name, except for cookies.
func (as As) With(lines ...string) As { return append(slices.Clip(as), lines...) }

// Request returns the request that a client sends. Its body is JSON unless the
// client says otherwise.
func Request(method, path string, as As, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, line := range as {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Cookie" {
			r.Header.Add(name, value)
		} else {
			r.Header.Set(name, value)
		}
	}
	return r
}

// Send sends a request to any handler.
func Send(h http.Handler, method, path string, as As, body string) Answer {
	return Exchange(h, Request(method, path, as, body))
}

// Exchange sends a request that has been made already.
func Exchange(h http.Handler, r *http.Request) Answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return Answer{w}
}
