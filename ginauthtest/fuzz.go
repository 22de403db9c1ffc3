package ginauthtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/trial"
)

// Fuzz sends variants of the paths, methods and headers of all routes to the
// application, as each role, and fails if an answer contradicts the policy:
// [ginauth.Auth.Explain] says that a request is refused, and the guard has not
// refused it. It finds middleware that rewrites paths or methods,
// handlers that answer before the guard, and classes that depend on what a
// client can choose.
//
//	func FuzzPolicies(f *testing.F) {
//		engine, auth := newApplication(f)
//		ginauthtest.Fuzz(f, engine, auth, ginauthtest.Role{Name: "anonymous"}, ...)
//	}
//
// go test runs the variants that Fuzz lists itself; go test -fuzz=FuzzPolicies
// looks for more. The handlers do run, so give the application a database of
// its own. Application middleware that sets what permission classes read makes
// Explain and the guard disagree, which is a finding about the class.
func Fuzz(f *testing.F, handler http.Handler, auth *ginauth.Auth, roles ...Role) {
	f.Helper()
	for _, route := range auth.Routes() {
		if strings.HasPrefix(route.Path, "/") {
			for _, v := range variants(route.Method, route.Path) {
				f.Add(v.method, v.target, v.header)
			}
		}
	}
	f.Fuzz(func(t *testing.T, method, target, header string) {
		for _, role := range roles {
			if text := contradiction(t.Context(), handler, auth, role, variant{method, target, header}); text != "" {
				t.Error(text)
			}
		}
	})
}

type variant struct{ method, target, header string }

// headers are those that servers and frameworks have taken for the path, the
// method, the client's address or the user.
var headers = []string{
	"X-HTTP-Method-Override: GET", "X-Method-Override: GET",
	"X-Original-URL: /", "X-Rewrite-URL: /", "X-Forwarded-Prefix: /",
	"X-Forwarded-For: 127.0.0.1", "X-Forwarded-User: admin", "X-Remote-User: admin", "Remote-User: admin",
	"Forwarded: for=127.0.0.1",
	"Authorization: Bearer null", "Authorization: Basic Og==", "Authorization: Token ",
	"Cookie: sessionid=; csrftoken=",
	"Access-Control-Request-Method: DELETE", "Content-Type: application/x-www-form-urlencoded",
}

// variants returns the requests of a route that its policy must hold for, or
// that must not reach its handler.
func variants(method, path string) (all []variant) {
	concrete := fill(path)
	add := func(method, target, header string) { all = append(all, variant{method, target, header}) }
	for _, target := range []string{
		concrete, concrete + "/", concrete + "//", "/" + concrete,
		strings.ToUpper(concrete), concrete + ".json", concrete + ";x=1", concrete + "%2f", concrete + "%00",
		concrete + "?_method=GET", concrete + "?method=GET&format=json",
		"/./" + concrete[1:], "/x/.." + concrete, concrete + "/.", concrete + "/..", "//host" + concrete,
		concrete + "%20", concrete + "#x", encodeLast(concrete),
	} {
		add(method, target, "")
	}
	for _, other := range []string{
		"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND",
		strings.ToLower(method),
	} {
		add(other, concrete, "")
	}
	for _, header := range headers {
		add(method, concrete, header)
	}
	return all
}

// fill replaces the parameters of a path by 1.
func fill(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if at := strings.IndexAny(part, ":*"); at >= 0 {
			parts[i] = part[:at] + "1"
		}
	}
	return strings.Join(parts, "/")
}

// encodeLast returns a path with its last byte percent-encoded.
func encodeLast(path string) string {
	const hex = "0123456789ABCDEF"
	last := path[len(path)-1]
	return path[:len(path)-1] + "%" + string(hex[last>>4]) + string(hex[last&15])
}

// contradiction sends a request, and says how the answer contradicts the
// policy, or returns "".
func contradiction(ctx context.Context, handler http.Handler, auth *ginauth.Auth, role Role, v variant) string {
	r, ok := v.request(ctx)
	if !ok {
		return "" // net/http refuses it before any handler
	}
	var id *ginauth.Identity
	request := &trial.Trial{}
	if role.User != nil {
		id = &ginauth.Identity{User: role.User, Auth: role.Auth}
		request.Identity = id
	}
	x := auth.Explain(r.Clone(ctx), id)
	if x.Verdict != ginauth.Refused || x.Status == http.StatusTooManyRequests { // which may have passed meanwhile
		return ""
	}
	status := answer(handler, r.WithContext(trial.With(ctx, request)))
	refused := request.Refused.Load() && !request.Passed.Load() // Passed: the application has routed the request again
	if x.Source == "" {                                         // no policy: Gin itself answers
		refused = status == x.Status && !request.Passed.Load()
	}
	if refused {
		return ""
	}
	return fmt.Sprintf("%s %q (%s) as %s is answered with %d, without a refusal of the guard, but\n%s",
		v.method, v.target, v.header, role.Name, status, x)
}

// answer sends a request, and returns the status of the answer. A panic that
// the application does not recover is 500: Gin's router panics on some paths
// while HandleMethodNotAllowed is set.
func answer(handler http.Handler, r *http.Request) (status int) {
	defer func() {
		if recover() != nil {
			status = http.StatusInternalServerError
		}
	}()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

// request returns a variant as net/http's server would make it of its first
// line and one header, or false if it would refuse it.
func (v variant) request(ctx context.Context) (r *http.Request, ok bool) {
	if v.method == "" || v.target == "" || strings.ContainsAny(v.method+v.target, " \r\n\t\x00") {
		return nil, false
	}
	defer func() {
		if recover() != nil { // httptest.NewRequest panics on what cannot be parsed
			r, ok = nil, false
		}
	}()
	r = httptest.NewRequestWithContext(ctx, v.method, v.target, http.NoBody)
	if name, value, found := strings.Cut(v.header, ": "); found && !strings.ContainsAny(v.header, "\r\n\x00") {
		r.Header.Set(name, value)
	}
	return r, true
}
