package jwt_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// question is a question to testdata/asymmetric.py, and reply the answer.
type (
	question struct {
		Algorithm string `json:"algorithm"`
		Signing   string `json:"signing,omitempty"`
		Verifying string `json:"verifying,omitempty"`
		URL       string `json:"jwk_url,omitempty"`
		Token     string `json:"token,omitempty"`
	}
	reply struct {
		Token, Error, User string
	}
)

func askSimpleJWT(t *testing.T, questions []question) (replies []reply) {
	t.Helper()
	out := djangotest.Run(t, string(must(json.Marshal(questions))), "testdata/asymmetric.py")
	if err := json.Unmarshal([]byte(out), &replies); err != nil || len(replies) != len(questions) {
		t.Fatalf("%v %s", err, out)
	}
	return replies
}

// TestSimpleJWTKeys checks that both sides read the PEM of simplejwt's
// SIGNING_KEY and VERIFYING_KEY alike, in both directions, and that its JWK_URL
// reads the set that MountJWKS publishes. simplejwt supports the algorithms of
// the second list since 5.4.
func TestSimpleJWTKeys(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt", "cryptography")
	always, since54 := []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}, []string{"PS256", "PS384", "PS512", "EdDSA"}
	algorithms := slices.Concat(always, since54)
	set := httptest.NewServer(publishing(allNamed()))
	defer set.Close()
	db := fixture(t)
	var questions []question
	for _, name := range algorithms {
		config := rotating()
		config.Key = must(jwt.ParseKey(name, privatePEM(privateOf(name)))).WithID(name)
		ours := logIn(newServer(t, db, config), "/pair", "alice").Access
		public := string(publicPEM(privateOf(name)))
		questions = append(questions,
			question{Algorithm: name, Signing: string(privatePEM(privateOf(name)))},
			question{Algorithm: name, Verifying: public, Token: ours},
			question{Algorithm: name, URL: set.URL + "/jwks.json", Token: ours},
			question{Algorithm: name, URL: set.URL + "/jwks.json", Token: ours[:len(ours)-8] + "AAAAAAAA"})
	}
	replies := askSimpleJWT(t, questions)
	for i, name := range algorithms {
		theirs, byPEM, bySet, forged := replies[4*i], replies[4*i+1], replies[4*i+2], replies[4*i+3]
		if slices.Contains(since54, name) && theirs.Error == "Unrecognized algorithm type '"+name+"'" {
			t.Logf("%s: not in this release of simplejwt", name)
			continue
		}
		if byPEM.User != "3" || bySet.User != "3" || forged.Error == "" {
			t.Errorf("%s there: %+v, by the set: %+v, forged: %+v", name, byPEM, bySet, forged)
		}
		h := believing(jwt.Config{Key: must(jwt.ParseKey(name, publicPEM(privateOf(name))))})
		if status, who := me(h, theirs.Token); status != 200 || who != "3" {
			t.Errorf("%s here: %d %s", name, status, who)
		}
	}
}
