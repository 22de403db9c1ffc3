package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies/jwt"
)

// placeholder stands for the tenant in the issuer of many, as in Microsoft's
// discovery document.
const placeholder = "{tenantid}"

// anyTenant is the path segment of the discovery document that Microsoft
// publishes for all tenants.
const anyTenant = "common"

// template is an issuer with a [placeholder].
type template struct{ before, after string }

// templateOf returns the issuer's template. ok is false if it has no
// placeholder.
func templateOf(issuer string) (t template, ok bool) {
	before, after, ok := strings.Cut(issuer, placeholder)
	return template{before, after}, ok
}

// with returns the issuer of a tenant.
func (t template) with(tenant string) string { return t.before + tenant + t.after }

// tenantOf returns the tenant that an issuer names. ok is false if it is not an
// issuer of the template.
func (t template) tenantOf(issuer string) (tenant string, ok bool) {
	tenant, before := strings.CutPrefix(issuer, t.before)
	tenant, after := strings.CutSuffix(tenant, t.after)
	return tenant, before && after && isSegment(tenant)
}

// isSegment reports whether a text is one path segment and needs no escapes. It
// bounds what is compared, looked up and logged.
func isSegment(s string) bool {
	return wiring.IsWord(s) && len(s) <= 64 && s != "." && s != ".."
}

// guid matches a GUID as Microsoft writes tenants.
var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// checkTenants returns what is wrong with the config's issuer and tenants.
func (c Config) checkTenants() error {
	ways := 0
	for _, given := range []bool{len(c.Tenants) > 0, c.TenantFunc != nil, c.InsecureAnyTenant} {
		if given {
			ways++
		}
	}
	t, many := templateOf(c.Issuer)
	switch {
	case !many && ways > 0:
		return errors.New("the fields Tenants, TenantFunc and InsecureAnyTenant are for an Issuer with " + placeholder +
			"; without it, the Issuer is the tenant's")
	case !many:
		return nil
	case !strings.HasSuffix(t.before, "/") || t.after != "" && t.after[0] != '/' ||
		strings.ContainsAny(t.before+t.after, "{}") || strings.Count(t.before, "/") < 3:
		return errors.New("the Issuer must have " + placeholder + " once, as a whole segment of its path")
	case ways != 1:
		return errors.New("an Issuer with " + placeholder + " needs exactly one of Tenants, TenantFunc and " +
			"InsecureAnyTenant: which tenants' users are accepted?")
	}
	for _, tenant := range c.Tenants {
		if !isSegment(tenant) {
			return fmt.Errorf("the tenant %q is not one segment of a path, of letters, digits and -_. only", tenant)
		}
	}
	return nil
}

// verify returns a valid token. Those of an issuer of many are checked as those
// of their tenant's issuer, by whose keys and name alone.
func (a *Authenticator) verify(ctx context.Context, raw string) (*jwt.Token, string, error) {
	if a.many == nil {
		token, err := a.verifier.Verify(ctx, raw)
		return token, a.issuer, err
	}
	tenant, ok := a.many.claimedTenant(raw)
	if !ok || !a.many.mayBe(tenant) {
		return nil, "", notValid("its issuer (iss) is not a tenant's, or the tenant is not allowed")
	}
	issuer := a.many.with(tenant)
	source := tenantKeys{keys: a.many.keys, issuer: issuer, template: a.issuer}
	token, err := a.many.config.verifierOf(issuer, source.key).Verify(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	if err := a.many.admit(ctx, tenant, token); err != nil {
		return nil, "", err
	}
	if token.UserID != "" {
		token.UserID = tenant + ":" + token.UserID
	}
	return token, issuer, nil
}

// tenants is what an authenticator of many tenants needs.
type tenants struct {
	template
	config Config
	keys   *keys
}

// claimedTenant returns the tenant of the issuer that a token claims,
// unverified, to be of. It only decides which verifier checks the token.
func (t *tenants) claimedTenant(raw string) (tenant string, ok bool) {
	if len(raw) > t.config.MaxTokenBytes {
		return "", false
	}
	_, rest, _ := strings.Cut(raw, ".")
	text, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", false
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return "", false
	}
	return t.tenantOf(claims.Issuer)
}

// mayBe reports whether a tenant is one of the list or, without a list, a GUID.
func (t *tenants) mayBe(tenant string) bool {
	if len(t.config.Tenants) > 0 {
		return slices.Contains(t.config.Tenants, tenant)
	}
	return guid.MatchString(tenant)
}

// admit returns the refusal of a token of a tenant, whose signature and issuer
// are valid, unless its claim tid says the same and the tenant may come in.
func (t *tenants) admit(ctx context.Context, tenant string, token *jwt.Token) error {
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil || claims["tid"] != tenant {
		return notValid("its tenant (tid) is not the one of its issuer")
	}
	if t.config.TenantFunc == nil {
		return nil
	}
	allowed, err := t.config.TenantFunc(ctx, tenant)
	switch {
	case err != nil:
		return fmt.Errorf("oidc: TenantFunc: %w", err)
	case !allowed:
		return notValid("its tenant is not allowed")
	}
	return nil
}

// tenantKeys are the keys by which one tenant's tokens are checked: of the keys
// that the issuer of many publishes, those that are for all tenants, and the
// tenant's own.
type tenantKeys struct {
	*keys
	issuer, template string
}

// key is a [keyFunc].
func (k tenantKeys) key(ctx context.Context, algorithm, id string, refused []jwt.Key) (jwt.Key, bool, error) {
	return k.find(ctx, keyQuery{algorithm, id, refused, func(issuer string) bool {
		return issuer == "" || issuer == k.template || issuer == k.issuer
	}})
}

var _ ginauth.DeployChecker = (*Authenticator)(nil)

// CheckDeploy implements [ginauth.DeployChecker]: it finds an issuer whose
// tenants are all accepted.
func (a *Authenticator) CheckDeploy(context.Context) error {
	if a.many != nil && a.many.config.InsecureAnyTenant {
		return errors.New("any-tenant: " +
			"the users of every organization that has an account at the issuer can come in; " +
			"set Tenants or TenantFunc in place of InsecureAnyTenant")
	}
	return nil
}
