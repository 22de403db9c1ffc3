package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// FuzzRateKey checks that different texts are different keys, whose text forms
// differ and are one short word.
func FuzzRateKey(f *testing.F) {
	for _, pair := range [][2]string{
		{"", " "}, {"a", "A"}, {"a", "=a"}, {"a b", "a\tb"}, {"a b", "#yGh6CKpdbtIEQyj6aml6uOltw0KR6MIDSujDjm_MbWU"}, {"{x}", "x"}, {"\xff", "\ufffd"},
		{strings.Repeat("x", 64), strings.Repeat("x", 65)}, {"a", "a:b"}, {"unknown", "#"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := policies.NewRateKey("login/min", a), policies.NewRateKey("login/min", b)
		if (x == y) != (a == b) || (x.String() == y.String()) != (a == b) {
			t.Fatalf("%q is %s, %q is %s", a, x, b, y)
		}
		word, ok := strings.CutPrefix(x.String(), "login/min:key:")
		if !ok || len(word) > 65 || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'*?[]{}\`, r) }) {
			t.Fatalf("%q is %q", a, x)
		}
	})
}

// The requests of all users of a tenant count together.
func ExampleKeyRate() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	byTenant := func(c *gin.Context, _ *ginauth.Identity) (string, error) { return c.GetHeader("X-Tenant"), nil }
	ginauth.New(r,
		ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.KeyRate("tenant", "2/hour", byTenant)),
	)
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "hello") })

	for _, tenant := range []string{"acme", "acme", "globex", "acme"} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("X-Tenant", tenant)
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		fmt.Println(tenant, answer.Code, answer.Body)
	}
	// Output:
	// acme 200 hello
	// acme 200 hello
	// globex 200 hello
	// acme 429 {"detail":"Request was throttled. Expected available in 3600 seconds."}
}
