package openapiginauth_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestPermissions has a row for each permission that says something about
// credentials or answers, with a token as the credential.
func TestPermissions(t *testing.T) {
	db := database(t)
	key, custom := policies.HasAPIKey(db), policies.HasAPIKey(db, "X-Key")
	token := policies.Token(db)
	owner := policies.IsOwner("owner_id")
	const one, optional, open = `[{"Token":[]}]`, `[{"Token":[]},{}]`, `[]`
	load := ginauth.Object(policies.Load[note](db, "id"))
	for _, row := range []struct {
		name      string
		operation string
		security  string
		statuses  string
		rules     []ginauth.Rule
	}{
		{"IsAuthenticated", "POST /x", one, "401 503", permit(policies.IsAuthenticated)},
		{"AllowAny", "GET /x", optional, "401 503", permit(policies.AllowAny)},
		{"Public", "GET /x", optional, "401 503", permit(ginauth.Public("test"))},
		{"Public, no authenticators", "GET /x", open, "", append(permit(ginauth.Public("test")), ginauth.NoAuthentication())},
		{"IsAdminUser", "GET /x", one, "401 403 503", permit(policies.IsAdminUser)},
		{"InGroup", "GET /x", one, "401 403 503", permit(policies.InGroup("editors"))},
		{"HasPerm", "GET /x", one, "401 403 503", permit(policies.HasPerm("core.view_note"))},
		{"HasFactor", "GET /x", one, "401 403 503", permit(policies.HasFactor("otp"))},
		{"HasScope", "GET /x", one, "401 403 503", permit(policies.HasScope("notes:read"))},
		{"OrReadOnly, GET", "GET /x", optional, "401 503", permit(policies.IsAuthenticatedOrReadOnly)},
		{"OrReadOnly, POST", "POST /x", one, "401 503", permit(policies.IsAuthenticatedOrReadOnly)},
		{"ReadOnly or staff, GET", "GET /x", optional, "401 503", permit(policies.Any(policies.ReadOnly, policies.IsAdminUser))},
		{"ReadOnly or staff, POST", "POST /x", one, "401 403 503", permit(policies.Any(policies.ReadOnly, policies.IsAdminUser))},
		{"drf.Any", "POST /x", one, "401 403 503", permit(drf.Any(policies.ReadOnly, policies.IsAdminUser))},
		{"drf.All", "GET /x", one, "401 403 503", permit(drf.All(policies.ReadOnly, policies.IsAdminUser))},
		{"ModelPermissions, GET", "GET /x", one, "401 503", permit(policies.ModelPermissions[note](db))},
		{"ModelPermissions, POST", "POST /x", one, "401 403 503", permit(policies.ModelPermissions[note](db))},
		{"OrAnonReadOnly, GET", "GET /x", optional, "401 503", permit(policies.ModelPermissionsOrAnonReadOnly[note](db))},
		{"OrAnonReadOnly, POST", "POST /x", one, "401 403 503", permit(policies.ModelPermissionsOrAnonReadOnly[note](db))},
		{"HasAPIKey", "GET /x", `[{"ApiKey":[]}]`, "401 403 503", permit(key)},
		{"HasAPIKey, held to its limits", "GET /x", `[{"ApiKey":[]}]`, "401 403 429 503", append(permit(key), ginauth.AuthenticationClasses(policies.APIKey(db)))},
		{"HasAPIKey or a user", "GET /x", `[{"ApiKey":[]},{"Token":[]}]`, "401 503", permit(policies.Any(key, policies.IsAuthenticated))},
		{"HasAPIKey and a user", "GET /x", `[{"ApiKey":[],"Token":[]}]`, "401 403 503", permit(custom, policies.IsAuthenticated)},
		{"HasAPIKey to write", "GET /x", `[{"Token":[]},{"ApiKey":[]},{}]`, "401 503", permit(policies.Any(policies.ReadOnly, key))},
		{"IsOwner", "GET /x/{id}", one, "401 403 404 503", append(permit(policies.IsAuthenticated, owner), load)},
		{"IsOwner in the handler", "GET /x/{id}", one, "401 403 503", append(permit(policies.IsAuthenticated, owner), ginauth.ObjectsInHandler())},
		{"OwnerOrReadOnly, GET", "GET /x/{id}", optional, "401 404 503", append(permit(policies.OwnerOrReadOnly("owner_id")), load)},
		{"Conceal", "GET /x/{id}", one, "401 404 503", append(permit(policies.IsAuthenticated, policies.Conceal(owner)), load)},
		{"Deny", "GET /x", one, "401 403 503", permit(policies.Deny(policies.IsAdminUser, "Staff only.", ""))},
		{"ObjectPermissions", "DELETE /x/{id}", one, "401 403 404 503", append(permit(policies.ObjectPermissions[note](db)), load)},
		{"AnonRate", "GET /x", open, "429 503", append(permit(policies.AllowAny), ginauth.NoAuthentication(), throttle(policies.AnonRate("5/min")))},
		{"UserRate", "GET /x", one, "401 429 503", append(permit(policies.IsAuthenticated), throttle(policies.UserRate("5/min")))},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, auth := engine(ginauth.AuthenticationClasses(token))
			method, path := cut(row.operation)
			auth.With(r, row.rules...).Handle(method, path, ok)
			doc := document(t, row.operation)
			for _, finding := range apply(t, doc, auth) {
				t.Error(finding)
			}
			op := doc.Paths.Value(row.operation[len(method)+1:]).GetOperation(method)
			if got := security(t, op); got != row.security {
				t.Errorf("security %s, want %s", got, row.security)
			}
			if got := statuses(op); got != row.statuses {
				t.Errorf("statuses %s, want %s", got, row.statuses)
			}
		})
	}
}

func permit(p ginauth.Permission, more ...ginauth.Permission) []ginauth.Rule {
	return []ginauth.Rule{ginauth.PermissionClasses(p, more...)}
}

func throttle(class ginauth.Throttle) ginauth.Rule { return ginauth.ThrottleClasses(class) }

// cut returns the method and the path, as Gin takes it, of an operation.
func cut(operation string) (method, path string) {
	method, path, _ = strings.Cut(operation, " ")
	return method, strings.NewReplacer("{", ":", "}", "").Replace(path)
}
