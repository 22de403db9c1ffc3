// Package agreement compares all that tells who may call which route of an
// application with what its guard does.
package agreement

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/policies"
)

// Exceptions are the refusals of an application that cannot be foretold.
type Exceptions struct {
	// Rendered is a status by which the application's ErrorRenderer answers
	// refusals in place of the guard's own.
	Rendered int

	// Undescribed reports whether a class of a route refuses with a status that
	// it chooses itself, by returning an error, which Describe cannot know.
	Undescribed func(route ginauth.RouteInfo, status int) bool

	// Unsure reports whether Describe cannot know what satisfies a class of a
	// route, and so says that requests need credentials: a Not, and a rule about
	// objects where none is asked about.
	Unsure func(route ginauth.RouteInfo) bool
}

// Of compares, for every guarded route and role, the verdict about the route of
// [ginauth.Auth.ExplainRoute], the capabilities, the policy page and the
// findings of [ginauth.Auth.Check], and, for every path that paths returns for
// the route, that of [ginauth.Auth.Explain], the answer of the guard and the
// statuses of [ginauth.Auth.Describe]. It returns how many answers it compared.
//
// It mounts the capabilities and the page on the engine.
func Of(
	t *testing.T, engine *gin.Engine, auth *ginauth.Auth, roles []ginauthtest.Role,
	paths func(ginauth.RouteInfo) []string, except Exceptions,
) (compared int) {
	t.Helper()
	s := site{t, engine, auth, roles, except}
	described := map[string]ginauth.Description{}
	for _, d := range auth.Describe() {
		described[d.Method+" "+d.Path] = d
	}
	closed := s.closed()
	named, pages := s.mount()
	for _, role := range roles {
		may := s.capabilities(role)
		for _, route := range named {
			whole := auth.ExplainRoute(t.Context(), route.Method, route.Path, identity(role))
			key := route.Method + " " + route.Path
			if may[key] != whole.Verdict {
				t.Errorf("%s as %s: a capability of %q, explained as %s", key, role.Name, may[key], whole)
			}
			if cell := pages[key][role.Name]; !shows(cell, whole) {
				t.Errorf("%s as %s: the page has %q, explained as %s", key, role.Name, cell, whole)
			}
			if closed[key] && whole.Verdict != ginauth.Refused {
				t.Errorf("%s as %s: found to refuse every request, explained as %s", key, role.Name, whole)
			}
			for _, path := range paths(route) {
				s.compare(role, described[key], whole, path)
				compared++
			}
		}
	}
	return compared
}

// closed returns the routes that are found to refuse every request.
func (s site) closed() map[string]bool {
	found := map[string]bool{}
	for _, f := range s.auth.Check() {
		if strings.Contains(f.Message, "refuses every request:") {
			found[f.Method+" "+f.Path] = true
		}
	}
	return found
}

type site struct {
	*testing.T
	engine *gin.Engine
	auth   *ginauth.Auth
	roles  []ginauthtest.Role
	except Exceptions
}

func identity(role ginauthtest.Role) *ginauth.Identity {
	if role.User == nil {
		return nil
	}
	return &ginauth.Identity{User: role.User, Auth: role.Auth}
}

// compare sends a request and compares the answer with what was said of it. It
// tries again where the guard admits a request that was to be throttled, since
// time may have passed in between.
func (s site) compare(
	role ginauthtest.Role, d ginauth.Description, whole ginauth.Explanation, path string,
) {
	s.Helper()
	const throttled = http.StatusTooManyRequests
	var x ginauth.Explanation
	var w ginauthtest.Response
	for range 3 {
		x = s.auth.Explain(httptest.NewRequest(d.Method, path, nil), identity(role))
		w = s.client(role).Do(d.Method, path, nil)
		if x.Status != throttled || w.Code == throttled {
			break
		}
	}
	decided := whole.Verdict != ginauth.DependsOnObject && x.Status != throttled
	if decided && whole.Verdict != x.Verdict {
		s.Errorf("%s %s as %s: explained as %s, and the route as %s", d.Method, path, role.Name, x, whole)
	}
	if w.Refused != (x.Verdict == ginauth.Refused) {
		s.Errorf("%s %s as %s: answered %s, explained as %s", d.Method, path, role.Name, w, x)
	}
	bare := func(a ginauth.Alternative) bool { return len(a.Credentials) == 0 }
	passes := role.User == nil && !w.Refused
	unsure := s.except.Unsure != nil && s.except.Unsure(d.RouteInfo)
	if passes && !unsure && !slices.ContainsFunc(d.Alternatives, bare) {
		s.Errorf("%s %s as %s: answered %s, described as in need of credentials", d.Method, path, role.Name, w)
	}
	if !w.Refused || w.Code == s.except.Rendered {
		return
	}
	if w.Code != x.Status {
		s.Errorf("%s %s as %s: refused by %s, explained as %s", d.Method, path, role.Name, w, x)
	}
	known := slices.ContainsFunc(d.Refusals, func(r ginauth.Refusal) bool { return r.Status == w.Code })
	if !known && (s.except.Undescribed == nil || !s.except.Undescribed(d.RouteInfo, w.Code)) {
		s.Errorf("%s %s as %s: answered %s, which is not described", d.Method, path, role.Name, w)
	}
}

func (s site) client(role ginauthtest.Role) *ginauthtest.Client {
	client := ginauthtest.NewClient(s, s.engine)
	if role.User == nil {
		return client
	}
	return client.As(role.User, role.Auth)
}

// mount returns the routes that had a guard before, and the cells of the policy
// page about them, by the name of the role.
func (s site) mount() (named []ginauth.RouteInfo, cells map[string]map[string]string) {
	routes := map[string]string{}
	for _, r := range s.auth.Routes() {
		if r.Guarded && r.Method != "*" {
			named = append(named, r)
			routes[r.Method+" "+r.Path] = r.Method + " " + r.Path
		}
	}
	var columns []handlers.PoliciesRole
	for _, role := range s.roles {
		id := identity(role)
		if id == nil {
			continue // the page's own first column
		}
		columns = append(columns, handlers.PoliciesRole{Name: "role " + role.Name,
			Identity: func(context.Context) (*ginauth.Identity, error) { return id, nil }})
	}
	open := []ginauth.Rule{ginauth.PermissionClasses(policies.AllowAny), ginauth.NoThrottles()}
	handlers.MountCapabilities(s.auth, s.auth.With(s.engine, open...), "/agreement/capabilities", routes)
	config := handlers.PoliciesConfig{Roles: columns, Rules: open}
	handlers.MountPolicies(s.auth, s.engine, "/agreement/policies", config)
	cells = map[string]map[string]string{}
	for next := "/agreement/policies"; next != ""; {
		w := ginauthtest.NewClient(s, s.engine).Get(next)
		if w.Code != http.StatusOK {
			s.Fatal(w)
		}
		next = s.read(w.Body.String(), cells)
	}
	return named, cells
}

var (
	row      = regexp.MustCompile(`<tr><th scope="row"><code>([^<]*)</code><br>(.*?)</th>(.*?)</tr>`)
	cell     = regexp.MustCompile(`<td class="\w+">(.*?)</td>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	nextPage = regexp.MustCompile(`<a href="([^"]*)" rel="next"`)
)

func text(markup string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(markup, " ")), " "))
}

// read adds the cells of a page's roles by method and path, and returns where
// the next page is.
func (s site) read(page string, into map[string]map[string]string) (next string) {
	page = strings.ReplaceAll(page, "<wbr>", "")
	for _, r := range row.FindAllStringSubmatch(page, -1) {
		found := cell.FindAllStringSubmatch(r[3], -1)
		cells := map[string]string{}
		for i, last := len(s.roles)-1, len(found)-1; i >= 0 && last >= 0; i-- {
			if s.roles[i].User == nil {
				cells[s.roles[i].Name] = text(found[0][1])
				continue
			}
			cells[s.roles[i].Name] = text(found[last][1])
			last--
		}
		for _, method := range strings.Fields(text(r[2])) {
			into[method+" "+text(r[1])] = cells
		}
	}
	if link := nextPage.FindStringSubmatch(page); link != nil {
		next, _, _ = strings.Cut(html.UnescapeString(link[1]), "#")
		if strings.HasPrefix(next, "?") {
			next = "/agreement/policies" + next
		}
	}
	return next
}

// shows reports whether a cell of the page says what an explanation does.
func shows(cell string, x ginauth.Explanation) bool {
	verdict, rest, _ := strings.Cut(cell, " ")
	return verdict == string(x.Verdict) && (x.Status == 0 || rest == strconv.Itoa(x.Status))
}

func (s site) capabilities(role ginauthtest.Role) map[string]ginauth.Verdict {
	w := s.client(role).Get("/agreement/capabilities")
	var may map[string]ginauth.Verdict
	if err := json.Unmarshal(w.Body.Bytes(), &may); err != nil || w.Code != http.StatusOK {
		s.Fatal(w, err)
	}
	return may
}
