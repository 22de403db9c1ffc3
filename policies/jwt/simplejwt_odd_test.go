package jwt_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/jwt"
)

// oddValues are values of claims and of members of a header.
var oddValues = []string{
	`1`, `0`, `-1`, `-0`, `1.5`, `1704067200`, `1704067200.9`, `4102444800`, `4102444800.5`, `1e3`, `1e30`, `-1e30`, `1e400`, `-1e400`,
	`99999999999999999999`, `253402300799`, `253402300800`, `true`, `false`, `null`,
	`""`, `"x"`, `"3"`, `" 3 "`, `"1704067200"`, `"4102444800"`, `"-5"`, `"1.5"`, `"access"`, `"JWT"`, `"HS256"`, `"here"`, `"me"`,
	`[]`, `[1]`, `["x"]`, `["here"]`, `["x","here"]`, `["here",5]`, `["b64"]`, `{}`, `{"here":1}`,
}

// oddTokens returns tokens in which one claim, two, or a member of the header
// are odd, and what they have.
func oddTokens(userClaim string) (tokens, changes []string) {
	add := func(change, header string, change1, value1, change2, value2 string) {
		members := map[string]json.RawMessage{
			"token_type": json.RawMessage(`"access"`), "exp": json.RawMessage(`4102444800`), "iat": json.RawMessage(`1704067200`),
			"jti": json.RawMessage(`"a"`), "iss": json.RawMessage(`"me"`), "aud": json.RawMessage(`"here"`), userClaim: json.RawMessage(`"3"`),
		}
		for name, value := range map[string]string{change1: value1, change2: value2} {
			if name != "" {
				members[name] = json.RawMessage(value)
			}
		}
		tokens = append(tokens, signed(header, string(must(json.Marshal(members)))))
		changes = append(changes, change)
	}
	names := []string{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "token_type", userClaim, "x"}
	for i, name := range names {
		for _, value := range oddValues {
			add(name+":"+value, hs256, name, value, "", "")
		}
		for _, other := range names[:i] {
			for _, value := range []string{`1`, `4102444800`, `"x"`, `null`} {
				for _, value2 := range []string{`1`, `4102444800`, `"x"`, `null`} {
					add(name+":"+value+" "+other+":"+value2, hs256, name, value, other, value2)
				}
			}
		}
	}
	for _, name := range []string{"alg", "typ", "kid", "crit", "b64", "cty", "zip", "jku", "x"} {
		for _, value := range oddValues {
			header := `{"alg":"HS256","` + name + `":` + value + `}`
			if name == "alg" {
				header = `{"alg":` + value + `}`
			}
			add(header, header, "", "", "", "")
		}
	}
	return tokens, changes
}

var numberInSub = regexp.MustCompile(`\bsub:-?[0-9]`)

// TestOddTokens checks that no token is accepted that real simplejwt does not
// accept, but for a number in sub, and that a token that both refuse gets the
// same text.
func TestOddTokens(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt")
	releases := djangotest.ReleasesOf(t)
	stack := drf.Stack{SimpleJWT: releases.SimpleJWT}
	// PyJWT before 2.10 does not look at sub and jti.
	sameTexts := djangotest.Since(t, releases.PyJWT, "2.10")
	for _, row := range []struct {
		name     string
		settings map[string]any
		config   jwt.Config
	}{
		{"default", map[string]any{}, jwt.Config{}},
		{
			"issuer and audience", map[string]any{"ISSUER": "me", "AUDIENCE": []string{"here"}},
			jwt.Config{Issuer: "me", Audience: []string{"here"}},
		},
		{"sub", map[string]any{"USER_ID_CLAIM": "sub"}, jwt.Config{UserIDClaim: "sub"}},
	} {
		row.config.Key = jwt.HS256([]byte(secret))
		engine := gin.New()
		ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(row.config, stack)))
		engine.GET("/me", func(c *gin.Context) { c.Status(http.StatusOK) })
		claim := "user_id"
		if row.config.UserIDClaim != "" {
			claim = row.config.UserIDClaim
		}
		tokens, changes := oddTokens(claim)
		var answers []*string
		out := djangotest.Run(t, string(must(json.Marshal(tokens))), "testdata/oddclaims.py", string(must(json.Marshal(row.settings))))
		must(0, json.Unmarshal([]byte(out), &answers))
		accepted, refused := 0, 0
		for i, theirs := range answers {
			ours := refusalOf(t, engine, tokens[i])
			switch {
			case row.config.UserIDClaim == "sub" && numberInSub.MatchString(changes[i]): // read on purpose
			case ours == "" && (theirs == nil || *theirs != ""):
				t.Errorf("%s: %s is accepted; there: %v", row.name, changes[i], theirs)
			case sameTexts && theirs != nil && *theirs != "" && ours != *theirs:
				t.Errorf("%s: %s: %q; there: %q", row.name, changes[i], ours, *theirs)
			case ours == "":
				accepted++
			default:
				refused++
			}
		}
		if accepted < 100 || refused < 300 {
			t.Errorf("%s: %d accepted, %d refused", row.name, accepted, refused)
		}
	}
}

// refusalOf returns the text with which a token is refused, or "".
func refusalOf(t *testing.T, h http.Handler, token string) string {
	t.Helper()
	status, body := me(h, token)
	if status == http.StatusOK {
		return ""
	}
	var a struct {
		Detail   string
		Messages []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusUnauthorized {
		t.Fatalf("%d %s", status, body)
	}
	if len(a.Messages) > 0 {
		return a.Messages[0].Message
	}
	return a.Detail
}
