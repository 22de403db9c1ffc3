package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/jwt"
)

// keysByID holds the keys of one issuer.
type keysByID map[string]jwt.Key

var errUnreachable = errors.New("the issuer cannot be reached")

func (k keysByID) find(_ context.Context, _, id string, _ []jwt.Key) (jwt.Key, bool, error) {
	if id == "gone" {
		return jwt.Key{}, false, errUnreachable
	}
	key, ok := k[id]
	return key, ok, nil
}

// A service that sends signed messages publishes its key, which is configured
// here.
func ExampleNewVerifier() {
	theirs := must(jwt.PrivateKey("EdDSA", edwardsK()))
	verifier := jwt.NewVerifier(jwt.VerifierConfig{
		Keys:   keysByID{"2026-11": theirs}.find,
		Issuer: "https://shop.example.com", Audience: []string{"https://api.example.com"},
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})
	message := librarySigned(gojwt.SigningMethodEdDSA, edwardsK(), `{"alg":"EdDSA","kid":"2026-11"}`,
		`{"iss":"https://shop.example.com","aud":"https://api.example.com","sub":"order 7","exp":1800000060}`)
	token, err := verifier.Verify(context.Background(), message)
	fmt.Println(token.UserID, err)
	// Output: order 7 <nil>
}

// TestVerifier checks that a refusal is 401 with a reason for the log only, and
// that an error that leaves the answer open is a failure. Package oidc has the
// matrix of tokens.
func TestVerifier(t *testing.T) {
	keys := keysByID{"1": must(jwt.PrivateKey("ES256", p256Key())), "rsa": must(jwt.PrivateKey("RS256", rsaKey())), "hs": hmacOf(secret), "": {}}
	v := jwt.NewVerifier(jwt.VerifierConfig{Keys: keys.find, Issuer: "me", Audience: []string{"you"}, Now: at(1_800_000_000)})
	const claims = `{"iss":"me","aud":"you","sub":"x","exp":1800000060}`
	for _, row := range []struct{ name, header, claims, reason string }{
		{"good", `{"alg":"ES256","kid":"1"}`, claims, ""},
		{"of another algorithm than its key", `{"alg":"ES256","kid":"rsa"}`, claims, "not the one of its key"},
		{"of a key that is not one", `{"alg":"ES256"}`, claims, "not the one of its key"},
		{"of a secret", `{"alg":"HS256","kid":"hs"}`, claims, "not one of the configured"},
		{"of no key", `{"alg":"ES256","kid":"2"}`, claims, "no such key"},
		{"of a logout", `{"alg":"ES256","kid":"1","typ":"logout+jwt"}`, claims, "another type"},
		{"critical", `{"alg":"ES256","kid":"1","crit":[]}`, claims, "header is malformed"},
		{"not JSON", `{"alg":"ES256","kid":"1"}`, "x", "not a JSON object"},
		{"twice", `{"alg":"ES256","kid":"1"}`, `{"sub":"x","sub":"y"}`, "not a JSON object"},
		{"of another", `{"alg":"ES256","kid":"1"}`, `{"iss":"you","aud":"you","exp":1800000060}`, "another issuer"},
		{"for another", `{"alg":"ES256","kid":"1"}`, `{"iss":"me","aud":"me","exp":1800000060}`, "another audience"},
		{"for ever", `{"alg":"ES256","kid":"1"}`, `{"iss":"me","aud":"you"}`, "never expires"},
		{"expired", `{"alg":"ES256","kid":"1"}`, `{"iss":"me","aud":"you","exp":1800000000}`, "has expired"},
	} {
		raw := librarySigned(gojwt.SigningMethodES256, p256Key(), row.header, row.claims)
		token, err := v.Verify(t.Context(), raw)
		refused, _ := err.(*ginauth.Error)
		if (token != nil) != (row.reason == "") || row.reason != "" && (refused == nil || refused.Status != 401 ||
			!strings.Contains(refused.Err.Error(), row.reason) || strings.Contains(fmt.Sprint(refused.Detail), row.reason)) {
			t.Errorf("%s: %v %v, want %q", row.name, token, err, row.reason)
		}
		if v.ClaimsIssuer(raw) != strings.Contains(row.claims, `"iss":"me"`) {
			t.Errorf("%s: whose it is: %v", row.name, v.ClaimsIssuer(raw))
		}
	}
	gone := librarySigned(gojwt.SigningMethodES256, p256Key(), `{"alg":"ES256","kid":"gone"}`, claims)
	if token, err := v.Verify(t.Context(), gone); token != nil || !errors.Is(err, errUnreachable) {
		t.Errorf("a failure: %v %v", token, err)
	}
}

func TestWrongVerifiersStopTheStart(t *testing.T) {
	good := jwt.VerifierConfig{Keys: keysByID{}.find, Issuer: "me", Audience: []string{"you"}}
	for want, change := range map[string]func(*jwt.VerifierConfig){
		"Keys is missing":            func(c *jwt.VerifierConfig) { c.Keys = nil },
		"Issuer is missing":          func(c *jwt.VerifierConfig) { c.Issuer = "" },
		"Audience is missing":        func(c *jwt.VerifierConfig) { c.Audience = nil },
		"Leeway is negative":         func(c *jwt.VerifierConfig) { c.Leeway = -1 },
		"MaxTokenBytes is negative":  func(c *jwt.VerifierConfig) { c.MaxTokenBytes = -1 },
		"HS512 has a secret":         func(c *jwt.VerifierConfig) { c.Algorithms = []string{"HS512"} },
		`"none" is not an algorithm`: func(c *jwt.VerifierConfig) { c.Algorithms = []string{"none"} },
	} {
		config := good
		change(&config)
		if message := panics.Of(func() { jwt.NewVerifier(config) }); !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	}
}

// stubborn is a source that always returns one key, and counts how often.
type stubborn struct {
	key   jwt.Key
	asked int
}

func (s *stubborn) find(context.Context, string, string, []jwt.Key) (jwt.Key, bool, error) {
	s.asked++
	return s.key, true, nil
}

// TestARefusedKeyIsNotTriedAgain checks that a source that ignores the refused
// keys costs one signature.
func TestARefusedKeyIsNotTriedAgain(t *testing.T) {
	keys := &stubborn{key: must(jwt.PrivateKey("EdDSA", edwardsK()))}
	v := jwt.NewVerifier(jwt.VerifierConfig{Keys: keys.find, Issuer: "me", Audience: []string{"you"}, Now: at(1_800_000_000)})
	token := librarySigned(gojwt.SigningMethodEdDSA, edwardsK(), `{"alg":"EdDSA"}`, `{"iss":"me","aud":"you","exp":1800000060}`)
	if _, err := v.Verify(t.Context(), token[:len(token)-10]+"AAAAAAAAAA"); err == nil || keys.asked != 2 {
		t.Errorf("%v after %d questions, want a refusal after 2", err, keys.asked)
	}
}
