package handlers_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
)

// policySite returns a site with the page at /-/policies.
func policySite(t *testing.T, config ...handlers.PoliciesConfig) *sitetest.Site {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
	handlers.MountPolicies(s.Auth, s.Engine, "/-/policies", config...)
	return s
}

// page returns the page as staff gets it for a query.
func page(t *testing.T, s *sitetest.Site, query url.Values) string {
	t.Helper()
	w := s.Do(http.MethodGet, "/-/policies?"+query.Encode(), sitetest.Basic("staff"), "")
	if w.Code != http.StatusOK {
		t.Fatal(w)
	}
	return strings.ReplaceAll(w.Body.String(), "<wbr>", "")
}

var (
	tags       = regexp.MustCompile(`<[^>]*>`)
	matrixRow  = regexp.MustCompile(`<tr><th scope="row"><code>([^<]*)</code><br>(.*?)</th>(.*?)</tr>`)
	matrixCell = regexp.MustCompile(`<td class="\w+">(.*?)</td>`)
	tableRow   = regexp.MustCompile(`(?s)<tr>\s*<th scope="row"><code>([^<]*)</code><br>(.*?)</th>\s*<td>(.*?)</tr>`)
)

func text(markup string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(markup, " ")), " "))
}

// matrixOf returns the cells of the matrix by method and path: "yes", "no 403".
func matrixOf(page string) map[string][]string {
	matrix := map[string][]string{}
	for _, row := range matrixRow.FindAllStringSubmatch(page, -1) {
		var cells []string
		for _, cell := range matrixCell.FindAllStringSubmatch(row[3], -1) {
			cells = append(cells, text(cell[1]))
		}
		for _, method := range strings.Fields(text(row[2])) {
			matrix[method+" "+text(row[1])] = cells
		}
	}
	return matrix
}

// tableOf returns the rows of the table of routes: the methods, the path, and
// the other cells.
func tableOf(page string) (rows []string) {
	page, _, _ = strings.Cut(page, `<h2 id="matrix"`)
	for _, row := range tableRow.FindAllStringSubmatch(page, -1) {
		rows = append(rows, text(row[2])+" "+text(row[1])+": "+text(row[3]))
	}
	return rows
}

func TestWhoGetsThePolicyPage(t *testing.T) {
	everyone := handlers.PoliciesConfig{Rules: []ginauth.Rule{ginauth.PermissionClasses(policies.IsAuthenticated)}}
	own := policySite(t)
	wider := policySite(t, everyone)
	for _, row := range []struct {
		site   *sitetest.Site
		method string
		as     sitetest.As
		want   int
	}{
		{own, "GET", sitetest.Anonymous, 401},
		{own, "HEAD", sitetest.Anonymous, 401},
		{own, "GET", sitetest.Password("staff", "wrong"), 401},
		{own, "GET", sitetest.Basic("alice"), 403},
		{own, "HEAD", sitetest.Basic("alice"), 403},
		{own, "GET", sitetest.Basic("inactive"), 401},
		{own, "GET", sitetest.Basic("staff"), 200},
		{own, "HEAD", sitetest.Basic("staff"), 200},
		{own, "GET", sitetest.Basic("root"), 200},
		{own, "POST", sitetest.Basic("root"), 404},
		{wider, "GET", sitetest.Anonymous, 401},
		{wider, "GET", sitetest.Basic("alice"), 200},
	} {
		w := row.site.Do(row.method, "/-/policies", row.as, "")
		if w.Code != row.want {
			t.Errorf("%s as %v: %d, want %d", row.method, row.as, w.Code, row.want)
		}
		if shown := strings.Contains(w.Body.String(), "<h1>Policies</h1>"); row.method != "HEAD" && shown != (row.want == 200) {
			t.Errorf("%s as %v: the page is shown: %t", row.method, row.as, shown)
		}
	}
}

// TestThePolicyPageOverHTTP checks what net/http makes of the two methods, in
// requests at the same time.
func TestThePolicyPageOverHTTP(t *testing.T) {
	server := httptest.NewServer(policySite(t))
	defer server.Close()
	var requests sync.WaitGroup
	for _, method := range []string{"GET", "HEAD", "GET", "HEAD"} {
		requests.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/-/policies", http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			r.SetBasicAuth("staff", people.Password("staff"))
			w, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Body.Close()
			body, err := io.ReadAll(w.Body)
			if err != nil || w.StatusCode != 200 || (len(body) > 0) != (method == "GET") || w.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, %d bytes, %v, %v", method, w.StatusCode, len(body), w.Header, err)
			}
		})
	}
	requests.Wait()
}

// TestThePolicyPageIsLocked checks that the page may load and run nothing, that
// the hash is that of its style, and that no cache keeps it.
func TestThePolicyPageIsLocked(t *testing.T) {
	w := policySite(t).Do(http.MethodGet, "/-/policies", sitetest.Basic("staff"), "")
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(w.Body.String())
	if style == nil {
		t.Fatal("no style")
	}
	hash := sha256.Sum256([]byte(style[1]))
	for name, want := range map[string]string{
		"Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Content-Type":           "text/html; charset=utf-8",
		"Referrer-Policy":        "no-referrer",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, found := range regexp.MustCompile(`<script|<img|<link|<iframe|\sstyle=|\son\w+=|src=|https?:`).FindAllString(w.Body.String(), -1) {
		t.Errorf("the page contains %q", found)
	}
}

func TestThePolicyPageShowsPolicies(t *testing.T) {
	s := policySite(t)
	with := func(rules ...ginauth.Rule) *gin.RouterGroup { return s.Auth.With(s.Engine, rules...) }
	with(ginauth.PermissionClasses(ginauth.Public("asked by the load balancer"))).GET("/health", sitetest.Me)
	with(ginauth.PermissionClasses(policies.AllowAny), ginauth.NoAuthentication()).Match([]string{"GET", "POST"}, "/open", sitetest.Me)
	with(ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).Match([]string{"GET", "POST"}, "/pages", sitetest.Me)
	with(ginauth.PermissionClasses(policies.HasScope("notes:read"), policies.HasFactor("otp")),
		ginauth.ThrottleClasses(policies.UserRate("5/min")), ginauth.ThrottleScope("uploads")).PUT("/notes/:id", sitetest.Me)
	with(ginauth.PermissionClasses(policies.IsOwner("owner_id"))).DELETE("/notes/:id", sitetest.Me)
	s.Engine.NoRoute(sitetest.Me)

	got := page(t, s, nil)
	line := regexp.MustCompile(`handlers/policies_test\.go:\d+`)
	siteLine := regexp.MustCompile(`sitetest/site\.go:\d+`)
	var rows []string
	for _, row := range tableOf(got) {
		rows = append(rows, siteLine.ReplaceAllString(line.ReplaceAllString(row, "LINE"), "sitetest/site.go"))
	}
	for i, want := range []string{
		"* (no route): closed IsAuthenticated Basic – none sitetest/site.go",
		"GET HEAD /-/policies: closed IsAdminUser Basic none none LINE",
		"GET /health: open asked by the load balancer Public(\"asked by the load balancer\") Basic – none LINE",
		"DELETE /notes/:id: closed 1 finding IsOwner(owner_id) Basic – none LINE",
		"PUT /notes/:id: closed 3 findings HasScope(notes:read) HasFactor(otp) Basic – UserRate(5/min) scope uploads LINE",
		"GET POST /open: open no reason given AllowAny none – none LINE",
		"GET /pages: open no reason given IsAuthenticatedOrReadOnly Basic – none LINE",
		"POST /pages: closed IsAuthenticatedOrReadOnly Basic – none LINE",
	} {
		if i >= len(rows) || rows[i] != want {
			t.Errorf("row %d: want %s; rows:\n%s", i, want, strings.Join(rows, "\n"))
		}
	}
	for _, finding := range s.Auth.Check() {
		if !strings.Contains(text(got), finding.Message) {
			t.Errorf("the page lacks the finding %s", finding)
		}
	}
	for _, want := range []string{"10 routes", "4 open", "3 open without a reason"} {
		if !strings.Contains(text(got), want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
	for query, want := range map[string]string{
		"access=open":               "GET /health, GET POST /open, GET /pages",
		"access=unexplained":        "GET POST /open, GET /pages",
		"access=closed&method=POST": "POST /pages",
		"access=findings":           "DELETE /notes/:id, PUT /notes/:id",
		"access=unguarded":          "",
		"method=PUT":                "PUT /notes/:id",
		"q=OWNER":                   "DELETE /notes/:id",
		"q=+/notes++put":            "PUT /notes/:id",
		"q=balancer":                "GET /health",
		"q=uploads":                 "PUT /notes/:id",
		"q=notes:read":              "PUT /notes/:id",
		"q=5/min":                   "PUT /notes/:id",
		"q=nothing+health":          "",
		"access=nonsense&q=balancer&method=get&page=-7": "GET /health",
		"q=balancer&page=999999999999999999999":         "GET /health",
		"q=balancer&page=99":                            "GET /health",
		"q=%ff":                                         "",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var routes []string
		for _, row := range tableOf(page(t, s, values)) {
			route, _, _ := strings.Cut(row, ": ")
			routes = append(routes, route)
		}
		if got := strings.Join(routes, ", "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestThePolicyPageShowsUnguardedRoutes(t *testing.T) {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil)
	early := engine.Group("/early")
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)))
	early.GET("/x", sitetest.Me)
	handlers.MountPolicies(auth, engine, "/-/policies",
		handlers.PoliciesConfig{Rules: []ginauth.Rule{ginauth.PermissionClasses(ginauth.Public("a test"))}})
	w := sitetest.Send(engine, http.MethodGet, "/-/policies?access=unguarded", sitetest.Anonymous, "")
	got := strings.ReplaceAll(w.Body.String(), "<wbr>", "")
	if rows := tableOf(got); len(rows) != 1 || !strings.HasPrefix(rows[0], "GET /early/x: no guard 1 finding No policy is enforced.") {
		t.Errorf("rows: %q", rows)
	}
	if cells := fmt.Sprint(matrixOf(got)["GET /early/x"]); cells != "[yes yes yes yes]" {
		t.Errorf("cells: %s", cells)
	}
}

// TestThePolicyPageEscapes gives it hostile text wherever there may be any.
func TestThePolicyPageEscapes(t *testing.T) {
	const hostile = `</code></style><script>alert(1)</script><img src=x onerror="alert(2)">'{{.}}` + "\u202e\u200b"
	user := func(context.Context) (*ginauth.Identity, error) { return nil, errors.New(hostile) }
	s := policySite(t, handlers.PoliciesConfig{Roles: []handlers.PoliciesRole{{Name: hostile, Identity: user}}})
	never := policies.PermissionFunc(hostile, func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil })
	s.Auth.With(s.Engine, ginauth.PermissionClasses(never, policies.InGroup(hostile), policies.IsOwner("owner_id")), ginauth.ThrottleScope(hostile)).
		GET("/x"+strings.ReplaceAll(hostile, "/", "|"), sitetest.Me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(ginauth.Public(hostile))).Handle("BREW", "/brew", sitetest.Me)
	for _, query := range []url.Values{nil, {"q": {hostile}}, {"method": {hostile}}, {"access": {hostile}}, {"q": {"<"}, "page": {hostile}}} {
		got := page(t, s, query)
		if _, body, ok := strings.Cut(got, "<body>"); !ok || strings.Count(got, "</style>") != 1 || strings.Contains(got, "<script") ||
			strings.Contains(got, "<img") || strings.ContainsAny(strings.ReplaceAll(body, html.EscapeString(hostile), ""), "\u202e\u200b") {
			t.Errorf("%v: %s", query, got)
		}
	}
	if got := page(t, s, nil); !strings.Contains(text(got), `onerror="alert(2)">'{{.}}\u{202E}\u{200B}`) {
		t.Errorf("the text is not shown: %s", got)
	}
}

// TestTenThousandRoutes checks that the page shows a part of them, and has links
// to the others, in time.
func TestTenThousandRoutes(t *testing.T) {
	s := policySite(t)
	for i := range 10_000 {
		s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.AllowAny)).GET(fmt.Sprintf("/r%04d", i), sitetest.Me)
	}
	s.Auth.Check() // reads what later calls keep
	for query, want := range map[string]struct {
		first, caption, previous, next string
	}{
		"":               {"GET HEAD /-/policies", "lines 1 to 100 of 10001", "", "?page=2"},
		"page=2":         {"GET /r0099", "lines 101 to 200 of 10001", "?page=1", "?page=3"},
		"page=101":       {"GET /r9999", "lines 10001 to 10001 of 10001", "?page=100", ""},
		"q=/r1&page=3":   {"GET /r1200", "lines 201 to 300 of 1000", "?page=2&q=%2Fr1", "?page=4&q=%2Fr1"},
		"q=%22%3E&page=": {"", "", "", ""},
	} {
		values, _ := url.ParseQuery(query)
		began := time.Now()
		got := page(t, s, values)
		if took := time.Since(began); took > 10*time.Second || len(got) > 200_000 {
			t.Errorf("%s: %d bytes in %s", query, len(got), took)
		}
		link := func(rel string) string {
			found := regexp.MustCompile(`<a href="([^"]*)#routes" rel="` + rel + `"`).FindStringSubmatch(got)
			if found == nil {
				return ""
			}
			return html.UnescapeString(found[1])
		}
		first := ""
		if rows := tableOf(got); len(rows) > 0 {
			first, _, _ = strings.Cut(rows[0], ": ")
		}
		if first != want.first || !strings.Contains(got, want.caption) || link("prev") != want.previous || link("next") != want.next {
			t.Errorf("%s: begins with %s, links %q and %q", query, first, link("prev"), link("next"))
		}
	}
}

func TestMountPoliciesPanics(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine)
	user := func(context.Context) (*ginauth.Identity, error) { return nil, errors.New("no") }
	for want, roles := range map[string][]handlers.PoliciesRole{
		`handlers: MountPolicies: Roles: the name " " is empty or taken`:                         {{Name: " ", Identity: user}},
		`handlers: MountPolicies: Roles: the name "Staff" is empty or taken`:                     {{Name: "Staff", Identity: user}},
		`handlers: MountPolicies: Roles: the name "x" is empty or taken`:                         {{Name: "x", Identity: user}, {Name: "x", Identity: user}},
		`handlers: MountPolicies: Roles: x has no Identity; give a function that loads the user`: {{Name: "x"}},
	} {
		if got := panics.Of(func() { handlers.MountPolicies(auth, engine, "/p", handlers.PoliciesConfig{Roles: roles}) }); got != want {
			t.Errorf("panicked with %q, want %q", got, want)
		}
	}
	if got := panics.Of(func() { handlers.MountPolicies(auth, engine, "") }); !strings.HasPrefix(got, "handlers: MountPolicies: the path is empty") {
		t.Errorf("panicked with %q", got)
	}
}
