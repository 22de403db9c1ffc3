package replay_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

const referenceKey = "oracle-fixed-jwt-signing-key-0123456789abcdef0123456789abcdef"

func sign(key, header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func TestTokenMatcher(t *testing.T) {
	const hs256 = `{"alg": "HS256", "typ": "JWT"}`
	in := func(seconds int64) string { return fmt.Sprint(time.Now().Unix() + seconds) }
	good := sign(referenceKey, hs256, `{"jti": "x", "user_id": 3, "exp": `+in(300)+`}`)
	head, rest, _ := strings.Cut(good, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	const user3 = `{"claims": {"user_id": 3}, "lifetime": 300}`
	for _, test := range []struct{ name, rule, token, problem string }{
		{"good", user3, good, ""},
		{"padded", user3, good + "=", ""},
		{"no rule", `{}`, good, ""},
		{"exp not asked for", `{}`, sign(referenceKey, hs256, `{"jti": "x"}`), ""},
		{"claim of equal value", `{"claims": {"user_id": 3.0}}`, good, ""},
		{"absent claim as null", `{"claims": {"none": null}}`, good, ""},
		{"array claim", `{"claims": {"aud": ["a"]}}`, sign(referenceKey, hs256, `{"jti": "x", "aud": ["a"]}`), ""},

		{"two segments", user3, head + "." + claims, "not a JWT"},
		{"header no base64", user3, "!." + claims + "." + signature, "not a JWT"},
		{"claims no JSON", user3, sign(referenceKey, hs256, `{`), "not a JWT"},
		{"claims no object", user3, sign(referenceKey, hs256, `[]`), "not a JWT"},
		{"other algorithm", user3, sign(referenceKey, `{"alg": "none"}`, `{}`), `alg "none"`},
		{"no algorithm", user3, sign(referenceKey, `{}`, `{}`), "alg null"},
		{"other key", user3, sign("other", hs256, `{"jti": "x"}`), "bad signature"},
		{"no signature", user3, head + "." + claims + ".", "bad signature"},
		{"signature no base64", user3, head + "." + claims + ".!", "bad signature"},
		{"other claim", `{"claims": {"user_id": 4}}`, good, "claim user_id: want 4, got 3"},
		{"claim of other type", `{"claims": {"user_id": "3"}}`, good, `claim user_id: want "3", got 3`},
		{"claim 1 and true", `{"claims": {"a": 1}}`, sign(referenceKey, hs256, `{"a": true}`), "claim a: want 1, got true"},
		{"claim missing", `{"claims": {"none": 1}}`, good, "claim none: want 1, got null"},
		{"no jti", `{}`, sign(referenceKey, hs256, `{}`), "no jti"},
		{"empty jti", `{}`, sign(referenceKey, hs256, `{"jti": ""}`), "no jti"},
		{"no exp", user3, sign(referenceKey, hs256, `{"jti": "x", "user_id": 3}`), "exp is not an integer"},
		{"float exp", user3, sign(referenceKey, hs256, `{"jti": "x", "user_id": 3, "exp": 1.5}`), "exp is not an integer"},
		{"too short", `{"lifetime": 340}`, good, "want 340"},
		{"too long", `{"lifetime": 290}`, good, "want 290"},
		{"just before", `{"lifetime": 325}`, good, ""},
		{"just after", `{"lifetime": 297}`, good, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := expectation(t, `{"status": 200, "body": {"$jwt": `+test.rule+`}}`).Differences(answer(`"` + test.token + `"`))
			line := strings.Join(got, "\n")
			if !strings.Contains(line, test.problem) || (test.problem == "") != (line == "") {
				t.Errorf("got %q, want %q", line, test.problem)
			}
		})
	}
}
