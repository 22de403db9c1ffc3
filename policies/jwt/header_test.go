package jwt_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestSchemesOfAToken checks that schemes are compared without case (RFC 9110
// section 11.1), unless the exact comparison of simplejwt 5.2 is configured.
func TestSchemesOfAToken(t *testing.T) {
	db := fixture(t)
	config := rotating()
	config.HeaderTypes = []string{"Bearer", "JWT"}
	folding := newServer(t, db, config)
	config.CaseSensitiveHeaderTypes = true
	letter := newServer(t, db, config)
	token := logIn(folding, "/pair", "alice").Access
	for _, row := range []struct {
		header          string
		folding, letter int
	}{
		{"Bearer " + token, 200, 200},
		{"JWT " + token, 200, 200},
		{"Bearer \t " + token + " ", 200, 200},
		{"bearer " + token, 200, 401},
		{"BEARER  " + token, 200, 401},
		{"jwt\t" + token, 200, 401},
		{"Token " + token, 401, 401},
		{"bearer" + token, 401, 401},
		{"bearer", 401, 401},
		{"bearer " + token + " x", 401, 401},
		{"bearer " + token + "x", 401, 401},
		{token, 401, 401},
	} {
		if got := authorized(folding, row.header); got != row.folding {
			t.Errorf("%.20q: %d, want %d", row.header, got, row.folding)
		}
		if got := authorized(letter, row.header); got != row.letter {
			t.Errorf("%.20q, to the letter: %d, want %d", row.header, got, row.letter)
		}
	}
}

func authorized(h http.Handler, header string) (status int) {
	r := httptest.NewRequest("GET", "/me", nil)
	r.Header.Set("Authorization", header)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}
