package ginauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// described is an authenticator that says what it accepts.
type described struct {
	byHeader
	credential ginauth.Credential
}

func (d described) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Accepts: func(string) []ginauth.Alternative {
		return []ginauth.Alternative{{Credentials: []ginauth.Credential{d.credential}}}
	}}
}

// fromOurPages is one that also checks where requests come from.
type fromOurPages struct{ described }

func (f fromOurPages) Describe() ginauth.AuthenticatorTraits {
	traits := f.described.Describe()
	return ginauth.AuthenticatorTraits{Accepts: func(method string) []ginauth.Alternative {
		all := traits.Accepts(method)
		all[0].OriginChecked = true
		return all
	}}
}

// mute is an authenticator that says nothing.
type mute struct{}

func (mute) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.ErrNoCredentials
}
func (mute) String() string { return "Mute" }

// around wraps an authenticator, and says nothing of its own.
type around struct{ ginauth.Authenticator }

func (a around) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: a.Authenticator}
}

// startled panics when it is asked for its challenge without a credential.
type startled struct{ mute }

func (startled) Challenge(c *gin.Context) string { return c.MustGet("never").(string) }

// summary prints a description on one line.
func summary(d ginauth.Description) string {
	var ways, statuses []string
	for _, x := range d.Alternatives {
		var names []string
		for _, c := range x.Credentials {
			names = append(names, c.Name)
		}
		ways = append(ways, "["+strings.Join(names, " ")+"]")
	}
	for _, r := range d.Refusals {
		statuses = append(statuses, fmt.Sprint(r.Status))
	}
	return strings.TrimSpace(strings.Join(ways, "") + " " + strings.Join(statuses, " ") + " " + strings.Join(d.Unknown, " "))
}

func TestDescribe(t *testing.T) {
	key := described{byHeader{`Key realm="api"`}, ginauth.Credential{Name: "Key"}}
	scoped := described{byHeader{"Bearer"}, ginauth.Credential{Name: "Scoped", Scoped: true}}
	limited := described{byHeader{"Bearer"}, ginauth.Credential{Name: "Limited", Scoped: true, Limited: true}}
	metered := described{byHeader{"Bearer"}, ginauth.Credential{Name: "Metered", Metered: true}}
	cookie := described{byHeader{}, ginauth.Credential{Name: "Cookie"}}
	owner := policies.IsOwner("owner_id")
	unknown := policies.PermissionFunc("Unknown", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil })
	keys := ginauth.AuthenticationClasses(key)
	for _, row := range []struct {
		name  string
		want  string // the alternatives, the statuses, the authenticators that are not known
		rules []ginauth.Rule
	}{
		{"user", "[Key] 401 503", []ginauth.Rule{keys}},
		{"two kinds", "[Key][Cookie] 401 503", []ginauth.Rule{ginauth.AuthenticationClasses(key, cookie)}},
		{"no challenge", "[Cookie][Key] 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(cookie, key)}},
		{"a challenge alone", "401 503 ByHeader", []ginauth.Rule{ginauth.AuthenticationClasses(byHeader{"Bare x=1"})}},
		{"unknown", "403 503 Mute", []ginauth.Rule{ginauth.AuthenticationClasses(mute{})}},
		{"a challenge that panics", "401 503 Mute", []ginauth.Rule{ginauth.AuthenticationClasses(startled{})}},
		{"a wrapper", "[Key] 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(around{key})}},
		{"a limited credential", "[Scoped] 401 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(scoped)}},
		{"a credential with a quota", "[Metered] 401 429 503", []ginauth.Rule{ginauth.AuthenticationClasses(metered)}},
		{"a checked origin", "[Cookie] 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(fromOurPages{cookie})}},
		{"a checked origin, after another", "[Key][Cookie] 401 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(key, fromOurPages{cookie})}},
		{"always limited, no scopes", "401 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(limited)}},
		{"always limited", "[Limited] 401 403 503", []ginauth.Rule{ginauth.AuthenticationClasses(limited), permit(policies.HasScope("a"))}},
		{"no authenticators", "403", []ginauth.Rule{permit(policies.IsAuthenticated)}},
		{"open", "[]", []ginauth.Rule{permit(ginauth.Public("test"))}},
		{"open, with credentials", "[Key][] 401 503", []ginauth.Rule{keys, permit(policies.AllowAny)}},
		{"a right", "[Key] 401 403 503", []ginauth.Rule{keys, permit(policies.IsAdminUser)}},
		{"a right or everyone", "[Key][] 401 503", []ginauth.Rule{keys, permit(policies.Any(policies.IsAdminUser, policies.AllowAny))}},
		{"unknown permission", "[Key] 401 403 503", []ginauth.Rule{keys, permit(unknown)}},
		{"unknown permission, no authenticators", "[] 403 503", []ginauth.Rule{permit(unknown)}},
		{"inverted", "[Key] 401 403 503", []ginauth.Rule{keys, permit(policies.Not(policies.IsAdminUser))}},
		{"reads", "[Key][] 401 503", []ginauth.Rule{keys, permit(policies.IsAuthenticatedOrReadOnly)}},
		{"concealed object", "[Key] 401 404 503", []ginauth.Rule{keys, permit(policies.IsAuthenticated, policies.Conceal(owner)), ginauth.ObjectsInHandler()}},
		{"concealed to all", "404", []ginauth.Rule{permit(policies.Conceal(policies.IsAuthenticated))}},
		{"a rule about objects first", "403 404 503", []ginauth.Rule{permit(policies.Conceal(owner), policies.IsAdminUser), ginauth.ObjectsInHandler()}},
		{"open or concealed", "[Key] 401 403 404 503", []ginauth.Rule{keys, permit(policies.Any(policies.IsAdminUser, policies.Conceal(owner))), ginauth.ObjectsInHandler()}},
		{"throttled", "[] 429 503", []ginauth.Rule{permit(policies.AllowAny), ginauth.ThrottleClasses(policies.AnonRate("1/min"))}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := gin.New()
			auth := ginauth.New(r)
			auth.With(r, row.rules...).GET("/x", func(*gin.Context) {})
			if got := summary(auth.Describe()[0]); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestDescribeQuotas checks which routes have the headers of a quota.
func TestDescribeQuotas(t *testing.T) {
	for _, row := range []struct {
		name    string
		metered bool
		options []ginauth.Option
		want    bool
	}{
		{"without the headers", true, nil, false},
		{"a credential with a quota", true, []ginauth.Option{ginauth.RateLimitHeaders()}, true},
		{"one without", false, []ginauth.Option{ginauth.RateLimitHeaders()}, false},
	} {
		r := gin.New()
		class := described{byHeader{"Key"}, ginauth.Credential{Name: "Key", Metered: row.metered}}
		auth := ginauth.New(r, append(row.options, ginauth.AuthenticationClasses(class))...)
		r.GET("/x", func(*gin.Context) {})
		if got := auth.Describe()[0].Quotas; got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

func permit(p ginauth.Permission, more ...ginauth.Permission) ginauth.Rule {
	return ginauth.PermissionClasses(p, more...)
}

func TestDescribeTemplates(t *testing.T) {
	r := gin.New()
	auth := ginauth.New(r)
	for path, want := range map[string]string{
		"/notes":              "/notes",
		"/notes/:id":          "/notes/{id}",
		"/notes/:id/tags/:t":  "/notes/{id}/tags/{t}",
		"/user_:name/":        "/user_{name}/",
		"/files/*filepath":    "/files/{filepath}",
		`/jobs\:run`:          "/jobs:run",
		`/jobs/:id/at\:noon`:  "/jobs/{id}/at:noon",
		`/jobs/:id/at\:night`: "/jobs/{id}/at:night",
	} {
		r.GET(path, func(*gin.Context) {})
		found := false
		for _, d := range auth.Describe() {
			found = found || d.Template == want
		}
		if !found {
			t.Errorf("%s: no route %s in %v", path, want, auth.Routes())
		}
	}
}

func TestDescribeSamples(t *testing.T) {
	for _, row := range []struct {
		name   string
		render func(c *gin.Context, e *ginauth.Error)
		want   string
	}{
		{"DRF's", ginauth.RenderDetail, `application/json {"detail":"Authentication credentials were not provided."}`},
		{"a problem", ginauth.RenderProblem, "application/problem+json {\"title\":\"Unauthorized\",\"status\":401," +
			"\"detail\":\"Authentication credentials were not provided.\",\"code\":\"not_authenticated\"}"},
		{"its own", func(c *gin.Context, e *ginauth.Error) { c.String(e.Status, "no") }, "text/plain; charset=utf-8 no"},
		{"none", func(*gin.Context, *ginauth.Error) {}, " "},
		{"a panic", func(c *gin.Context, _ *ginauth.Error) { c.String(http.StatusOK, "no"); panic("render") }, " "},
	} {
		r := gin.New()
		auth := ginauth.New(r, ginauth.AuthenticationClasses(byHeader{"Key"}), ginauth.ErrorRenderer(row.render))
		r.GET("/x", func(*gin.Context) {})
		refusal := auth.Describe()[0].Refusals[0]
		if got := refusal.ContentType + " " + string(refusal.Body); got != row.want || refusal.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s, want %s", row.name, refusal.Status, got, row.want)
		}
	}
}

// TestDescribeUnguarded checks that a route without a guard is not described as
// one that everybody may call.
func TestDescribeUnguarded(t *testing.T) {
	r := gin.New()
	early := r.Group("/early")
	auth := ginauth.New(r)
	early.GET("/x", func(*gin.Context) {})
	auth.NoRoute(permit(policies.IsAuthenticated))
	r.NoRoute(func(*gin.Context) {})
	all := auth.Describe()
	if len(all) != 2 || all[0].Path != "(no route)" || summary(all[0]) != "403" {
		t.Errorf("unmatched requests: %+v", all)
	}
	if last := all[len(all)-1]; last.Guarded || summary(last) != "" {
		t.Errorf("the unguarded route: %+v", last)
	}
}
