package oidc_test

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/oidc"
)

const (
	tenantA = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
	tenantB = "82229342-1101-4ab6-817b-70c0747630f3"
	tenantC = "9188040d-6c67-4c5b-b112-36a304b66dad" // not allowed
)

// manyTenants is an issuer of many tenants, as Microsoft's: one document, whose
// issuer has a placeholder, and one set of keys.
type manyTenants struct{ *issuer }

func newManyTenants(t testing.TB, keys ...map[string]any) *manyTenants {
	t.Helper()
	i := &manyTenants{newIssuer(t, keys...)}
	i.serves(i.template())
	return i
}

func (i *manyTenants) template() string                 { return i.URL + "/{tenantid}/v2.0" }
func (i *manyTenants) of(tenant string) string          { return i.URL + "/" + tenant + "/v2.0" }
func (i *manyTenants) key(issuer string) map[string]any { return map[string]any{"issuer": issuer} }

// serves makes the document name an issuer.
func (i *manyTenants) serves(issuer string) {
	i.does(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/common/v2.0/.well-known/openid-configuration" {
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer, "jwks_uri": i.URL + "/keys"})
			return
		}
		i.serve(w, r)
	})
}

func (i *manyTenants) config(tenants ...string) oidc.Config {
	config := i.issuer.config(newClock())
	config.Issuer, config.Tenants = i.template(), tenants
	return config
}

// signed returns a token of a tenant's, by the key with an id.
func (i *manyTenants) signed(key crypto.Signer, id string, claims object) string {
	method := gojwt.SigningMethod(gojwt.SigningMethodRS256)
	if key == crypto.Signer(ecKey()) {
		method = gojwt.SigningMethodES256
	}
	return i.sign(token{method, key, map[string]any{"kid": id}, claims})
}

func (i *manyTenants) token(tenant string, more object) string {
	claims := object{"iss": i.of(tenant), "tid": tenant}
	for name, value := range more {
		claims[name] = value
	}
	return i.signed(rsaKey(), "1", claims)
}

// TestTenants is the matrix of tokens of an issuer of many, by each way to say
// whose users may come in.
func TestTenants(t *testing.T) {
	i := newManyTenants(t)
	i.publish(jwk("1", rsaKey(), i.key(i.template())), jwk("plain", ecKey()), jwk("b", otherRSA(), i.key(i.of(tenantB))))
	byList := i.config(tenantA, tenantB)
	byFunc := i.config()
	byFunc.TenantFunc = func(_ context.Context, tenant string) (bool, error) {
		if strings.HasPrefix(tenant, "0000") {
			return true, errors.New("down")
		}
		return tenant == tenantA || tenant == tenantB, nil
	}
	anyone := i.config()
	anyone.InsecureAnyTenant = true
	const (
		broken = "00000000-0000-0000-0000-000000000001"
		upper  = "8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490"
	)
	a, b := object{"iss": i.of(tenantA), "tid": tenantA}, object{"iss": i.of(tenantB), "tid": tenantB}
	for _, row := range []struct {
		name                string
		token               string
		list, function, any int
	}{
		{"of A", i.token(tenantA, nil), 200, 200, 200},
		{"of B", i.token(tenantB, nil), 200, 200, 200},
		{"of B, by its own key", i.signed(otherRSA(), "b", b), 200, 200, 200},
		{"by a key without an issuer", i.signed(ecKey(), "plain", a), 200, 200, 200},
		{"of a tenant that is not allowed", i.token(tenantC, nil), 401, 401, 200},
		{"of one that cannot be looked up", i.token(broken, nil), 401, 503, 200},
		{"of A, by the key of B", i.signed(otherRSA(), "b", a), 401, 401, 401},
		{"of A, by the key of B under the id of A's", i.signed(otherRSA(), "1", a), 401, 401, 401},
		{"of A, without an id, by the key of B", i.sign(token{gojwt.SigningMethodRS256, otherRSA(), map[string]any{"kid": nil}, a}), 401, 401, 401},
		{"tid is another's", i.token(tenantA, object{"tid": tenantB}), 401, 401, 401},
		{"tid is missing", i.token(tenantA, object{"tid": nil}), 401, 401, 401},
		{"tid is empty", i.token(tenantA, object{"tid": ""}), 401, 401, 401},
		{"tid is a list", i.token(tenantA, object{"tid": []string{tenantA}}), 401, 401, 401},
		{"tid is in another case", i.token(tenantA, object{"tid": upper}), 401, 401, 401},
		{"Tid in place of tid", i.token(tenantA, object{"tid": nil, "Tid": tenantA}), 401, 401, 401},
		{"both in capitals", i.token(upper, nil), 401, 401, 401},
		{"a path", i.token(tenantA+"/..", nil), 401, 401, 401},
		{"a path to another", i.token(tenantC+"/../"+tenantA, object{"tid": tenantA}), 401, 401, 401},
		{"a path after it", i.token(tenantA+"/x", object{"tid": tenantA}), 401, 401, 401},
		{"dots", i.token("..", nil), 401, 401, 401},
		{"percent", i.token("8eaef023%2d2b34-4da1-9baa-8bc8c9d6a490", object{"tid": tenantA}), 401, 401, 401},
		{"percent in both", i.token("8eaef023%2d2b34-4da1-9baa-8bc8c9d6a490", nil), 401, 401, 401},
		{"Unicode", i.token("８eaef023-2b34-4da1-9baa-8bc8c9d6a490", object{"tid": tenantA}), 401, 401, 401},
		{"Unicode in both", i.token("８eaef023-2b34-4da1-9baa-8bc8c9d6a490", nil), 401, 401, 401},
		{"an invisible character", i.token(tenantA+"\u200b", nil), 401, 401, 401},
		{"a line", i.token(tenantA+"\n", nil), 401, 401, 401},
		{"a colon", i.token(tenantA+":alice", nil), 401, 401, 401},
		{"empty", i.token("", nil), 401, 401, 401},
		{"the placeholder", i.token("{tenantid}", nil), 401, 401, 401},
		{"common", i.token("common", nil), 401, 401, 401},
		{"a name", i.token("contoso", nil), 401, 401, 401},
		{"another issuer", i.token(tenantA, object{"iss": "https://evil.test/" + tenantA + "/v2.0"}), 401, 401, 401},
		{"another version", i.token(tenantA, object{"iss": i.URL + "/" + tenantA + "/v1.0"}), 401, 401, 401},
		{"a longer issuer", i.token(tenantA, object{"iss": i.of(tenantA) + "/"}), 401, 401, 401},
		{"a query", i.token(tenantA, object{"iss": i.of(tenantA) + "?"}), 401, 401, 401},
		{"no issuer", i.token(tenantA, object{"iss": nil}), 401, 401, 401},
		{"a list of issuers", i.token(tenantA, object{"iss": []string{i.of(tenantA)}}), 401, 401, 401},
		{"ISS in place of iss", i.token(tenantA, object{"iss": nil, "ISS": i.of(tenantA)}), 401, 401, 401},
		{"another audience", i.token(tenantA, object{"aud": "https://other.test"}), 401, 401, 401},
		{"expired", i.token(tenantA, object{"exp": start - 86400}), 401, 401, 401},
		{"of nobody", i.token(tenantA, object{"sub": nil}), 401, 401, 401},
		{"too long", i.token(tenantA, object{"x": strings.Repeat("x", 17<<10)}), 401, 401, 401},
		{"no token", "a.b.c", 401, 401, 401},
		{"one part", "a", 401, 401, 401},
	} {
		for way, config := range map[string]struct {
			oidc.Config
			want int
		}{"list": {byList, row.list}, "function": {byFunc, row.function}, "any": {anyone, row.any}} {
			status, body := me(guarded(oidc.NewStatelessAuthenticator(config.Config)), row.token)
			if status != config.want || strings.Contains(body, "down") {
				t.Errorf("%s, %s: %d %s, want %d", row.name, way, status, body, config.want)
			}
		}
	}
}

// TestTenantFuncIsAskedAboutSoundTokensOnly checks that no token that the
// issuer has not signed costs a look-up.
func TestTenantFuncIsAskedAboutSoundTokensOnly(t *testing.T) {
	i := newManyTenants(t, jwk("1", rsaKey()))
	var asked []string
	config := i.config()
	config.TenantFunc = func(_ context.Context, tenant string) (bool, error) {
		asked = append(asked, tenant)
		return true, nil
	}
	h := guarded(oidc.NewStatelessAuthenticator(config))
	for _, raw := range []string{
		i.signed(otherRSA(), "1", object{"iss": i.of(tenantA), "tid": tenantA}), i.token(tenantA, object{"tid": tenantB}),
		i.token(tenantA, object{"aud": "x"}), i.token(tenantB, nil),
	} {
		me(h, raw)
	}
	if len(asked) != 1 || asked[0] != tenantB {
		t.Errorf("asked about %q", asked)
	}
}

// TestSubjectsOfTenants checks that the same subject of two tenants is two
// users, whichever way users are found.
func TestSubjectsOfTenants(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := enrolled(t, db)
		if _, err := users.Enrol(t.Context(), tenantA+":alice", func(u *models.User) error { u.IsActive = true; return nil }); err != nil {
			t.Fatal(err)
		}
		i := newManyTenants(t, jwk("1", rsaKey()))
		config := i.config(tenantA, tenantB)
		config.Now = time.Now
		times := object{"iat": time.Now().Unix(), "exp": time.Now().Unix() + 100}
		inDatabase := config
		inDatabase.UserField = "username"
		byFunc := oidc.NewAuthenticatorFunc(config, func(ctx context.Context, token *jwt.Token) (ginauth.User, error) {
			return users.Enrol(ctx, "oidc:"+token.UserID, nil)
		})
		for _, row := range []struct {
			name   string
			a      ginauth.Authenticator
			tenant string
			claims object
			want   string
		}{
			{"stateless", oidc.NewStatelessAuthenticator(config), tenantA, nil, tenantA + ":alice of " + i.of(tenantA)},
			{"stateless", oidc.NewStatelessAuthenticator(config), tenantB, nil, tenantB + ":alice of " + i.of(tenantB)},
			{"function", byFunc, tenantA, nil, "oidc:" + tenantA + ":alice"},
			{"function", byFunc, tenantB, nil, "oidc:" + tenantB + ":alice"},
			{"database", oidc.NewAuthenticator(db, inDatabase), tenantA, nil, tenantA + ":alice"},
			{"database", oidc.NewAuthenticator(db, inDatabase), tenantB, nil, ""}, // neither A's alice nor the one without a tenant
			{"database", oidc.NewAuthenticator(db, inDatabase), tenantB, object{"sub": tenantA + ":alice"}, ""},
		} {
			claims := object{}
			for _, more := range []object{times, row.claims} {
				for name, value := range more {
					claims[name] = value
				}
			}
			status, body := me(guarded(row.a), i.token(row.tenant, claims))
			if row.want != "" && row.name != "stateless" { // the body is the user's key
				row.want = (&ginauth.Identity{User: must(users.ByUsername(t.Context(), row.want))}).Subject()
			}
			if row.want == "" && status != 401 || row.want != "" && (status != 200 || body != row.want) {
				t.Errorf("%s, %s: %d %s, want %q", row.name, row.tenant, status, body, row.want)
			}
		}
	})
}

// TestDocumentOfManyTenants checks that the discovery document must have the
// placeholder literally: another issuer's keys are not ours.
func TestDocumentOfManyTenants(t *testing.T) {
	i := newManyTenants(t, jwk("1", rsaKey()))
	for _, row := range []struct {
		issuer string
		status int
	}{
		{i.template(), 200}, {i.of(tenantA), 503}, {i.of("common"), 503}, {"https://evil.test/{tenantid}/v2.0", 503},
		{i.template() + "/", 503}, {i.of("{tenantId}"), 503}, {"", 503},
	} {
		i.serves(row.issuer)
		status, body := me(guarded(oidc.NewStatelessAuthenticator(i.config(tenantA))), i.token(tenantA, nil))
		if status != row.status {
			t.Errorf("%s: %d %s, want %d", row.issuer, status, body, row.status)
		}
	}
}

// TestOrElseOfManyTenants checks that a token of a tenant that may not come in
// is not left to the next authenticator, and that others are.
func TestOrElseOfManyTenants(t *testing.T) {
	i, other := newManyTenants(t, jwk("1", rsaKey())), newIssuer(t, jwk("1", rsaKey()))
	next := oidc.NewStatelessAuthenticator(other.config(newClock()))
	h := guarded(oidc.NewStatelessAuthenticator(i.config(tenantA)).OrElse(next))
	for _, row := range []struct {
		name, token string
		status      int
	}{
		{"a tenant's", i.token(tenantA, nil), 200},
		{"of another tenant", i.token(tenantC, nil), 401},
		{"of the other issuer", other.good(nil), 200},
		{"of neither", i.token(tenantA, object{"iss": "https://evil.test"}), 401},
	} {
		if status, body := me(h, row.token); status != row.status {
			t.Errorf("%s: %d %s, want %d", row.name, status, body, row.status)
		}
	}
}

func TestWrongTenantsStopTheStart(t *testing.T) {
	good := oidc.Config{Issuer: "https://login.test/{tenantid}/v2.0", Audience: []string{audience}, Tenants: []string{tenantA}}
	allow := func(context.Context, string) (bool, error) { return true, nil }
	for _, row := range []struct {
		name   string
		change func(c *oidc.Config)
		want   string
	}{
		{"good", func(*oidc.Config) {}, ""},
		{"at the end", func(c *oidc.Config) { c.Issuer = "https://login.test/{tenantid}" }, ""},
		{"a name that is no GUID", func(c *oidc.Config) { c.Tenants = []string{"contoso.example"} }, ""},
		{"no tenants", func(c *oidc.Config) { c.Tenants = nil }, "exactly one of Tenants"},
		{"an empty list", func(c *oidc.Config) { c.Tenants = []string{} }, "exactly one of Tenants"},
		{"two ways", func(c *oidc.Config) { c.TenantFunc = allow }, "exactly one of Tenants"},
		{"a list and all", func(c *oidc.Config) { c.InsecureAnyTenant = true }, "exactly one of Tenants"},
		{"an empty tenant", func(c *oidc.Config) { c.Tenants = []string{""} }, "not one segment"},
		{"a path", func(c *oidc.Config) { c.Tenants = []string{"a/b"} }, "not one segment"},
		{"dots", func(c *oidc.Config) { c.Tenants = []string{".."} }, "not one segment"},
		{"percent", func(c *oidc.Config) { c.Tenants = []string{"a%2fb"} }, "not one segment"},
		{"twice", func(c *oidc.Config) { c.Issuer = "https://login.test/{tenantid}/{tenantid}" }, "once, as a whole segment"},
		{"a part of a segment", func(c *oidc.Config) { c.Issuer = "https://login.test/t-{tenantid}/v2.0" }, "once, as a whole segment"},
		{"in the host", func(c *oidc.Config) { c.Issuer = "https://{tenantid}.login.test/v2.0" }, "the Issuer"},
		{"as the host", func(c *oidc.Config) { c.Issuer = "https://{tenantid}/v2.0" }, "the Issuer"},
		{"another placeholder", func(c *oidc.Config) { c.Issuer = "https://login.test/{tenantid}/{x}" }, "once, as a whole segment"},
		{"tenants without a placeholder", func(c *oidc.Config) { c.Issuer = "https://login.test/v2.0" }, "are for an Issuer with"},
	} {
		config := good
		row.change(&config)
		message := panics.Of(func() { oidc.NewStatelessAuthenticator(config) })
		if (message == "") != (row.want == "") || !strings.Contains(message, row.want) {
			t.Errorf("%s: %q, want %q", row.name, message, row.want)
		}
	}
}

func TestDeployOfTenants(t *testing.T) {
	config := oidc.Config{Issuer: "https://login.test/{tenantid}", Audience: []string{audience}, InsecureAnyTenant: true}
	if err := oidc.NewStatelessAuthenticator(config).CheckDeploy(t.Context()); err == nil || !strings.Contains(err.Error(), "any-tenant") {
		t.Error(err)
	}
	config.InsecureAnyTenant, config.Tenants = false, []string{tenantA}
	if err := oidc.NewStatelessAuthenticator(config).CheckDeploy(t.Context()); err != nil {
		t.Error(err)
	}
}
