package jwt_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// refreshOf returns the claims of alice's refresh token with this id, as JSON.
func refreshOf(id string) string {
	return signed(hs256, `{"token_type":"refresh","exp":4102444800,"iat":1704067200,"jti":`+id+`,"user_id":3}`)
}

// TestIDsThatCannotBeRevoked checks that refresh tokens with such ids are
// refused, since they could otherwise be used again and again.
func TestIDsThatCannotBeRevoked(t *testing.T) {
	long := func(letter string, n int) string { return `"` + strings.Repeat(letter, n) + `"` }
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		load(t, db)
		h := newServer(t, db, rotating())
		for id, want := range map[string]int{
			long("x", 255): 200, long("é", 255): 200,
			`7`: 401, long("x", 256): 401, `"a\u0000b"`: 401, `"\u0000"`: 401, `""`: 401, `null`: 401, `{}`: 401, `["a"]`: 401, `true`: 401,
		} {
			if a := post(h, "/refresh", "refresh", refreshOf(id)); a.status != want {
				t.Errorf("refresh with the id %.20s: %d %s, want %d", id, a.status, a.body, want)
			}
			// Such a token does not exist, or is revoked already.
			if a := post(h, "/blacklist", "refresh", refreshOf(id)); a.status != 401 {
				t.Errorf("blacklist with the id %.20s: %d %s", id, a.status, a.body)
			}
		}
	})
}

// TestATokenInABodyHasOneForm checks that a token in a body has just one form,
// as one in a header, which cannot contain line breaks.
func TestATokenInABodyHasOneForm(t *testing.T) {
	h := newServer(t, fixture(t), rotating())
	good := refreshOf(`"good"`)
	cut := len(good) - 9
	for _, token := range []string{good[:cut] + "\n" + good[cut:], good[:cut] + "\r" + good[cut:], good[:cut] + "\r\n" + good[cut:]} {
		if a, b := post(h, "/verify", "token", token), post(h, "/refresh", "refresh", token); a.status != 401 || b.status != 401 {
			t.Errorf("%q: verify %d, refresh %d", token[cut:], a.status, b.status)
		}
	}
	if a, b := post(h, "/verify", "token", good), post(h, "/refresh", "refresh", good); a.status != 200 || b.status != 200 {
		t.Errorf("the good one: verify %d, refresh %d", a.status, b.status)
	}
}
