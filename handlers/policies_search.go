package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
)

// search is what the form of the policy page asks for. Unknown values of its
// fields stand for any.
type search struct {
	Text   string
	Method string
	Access string
	page   int
}

// maxSearch bounds the text, and maxWords its words, so that a search costs
// little however long the text is.
const (
	maxSearch = 200
	maxWords  = 10
)

// accesses are the choices of the field access.
var accesses = []access{
	{"open", "Open", func(r listed) bool { return r.Open }},
	{"unexplained", "Open without a reason", func(r listed) bool { return r.Open && r.Reason == "" }},
	{"closed", "Closed", func(r listed) bool { return !r.Open }},
	{"unguarded", "Without a guard", func(r listed) bool { return !r.Guarded }},
	{"findings", "With findings", func(r listed) bool { return len(r.Findings) > 0 }},
}

type access struct {
	Value, Label string
	shows        func(r listed) bool
}

// listed is a route with what Check says about it.
type listed struct {
	ginauth.RouteInfo
	Findings []string
}

func searchOf(query url.Values, methods []string) search {
	s := search{Text: strings.TrimSpace(strings.ToValidUTF8(query.Get("q"), "\uFFFD")), page: 1}
	if runes := []rune(s.Text); len(runes) > maxSearch {
		s.Text = string(runes[:maxSearch])
	}
	if method := query.Get("method"); slices.Contains(methods, method) {
		s.Method = method
	}
	if value := query.Get("access"); slices.ContainsFunc(accesses, func(a access) bool { return a.Value == value }) {
		s.Access = value
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		s.page = max(n, 1)
	}
	return s
}

// find returns the routes that have every word of the text somewhere, in any
// case.
func (s search) find(routes []listed) (found []listed) {
	words := strings.Fields(strings.ToLower(s.Text))
	words = words[:min(len(words), maxWords)]
	for _, r := range routes {
		if (s.Method == "" || s.Method == r.Method) && s.accepts(r) && r.contains(words) {
			found = append(found, r)
		}
	}
	return found
}

func (s search) accepts(r listed) bool {
	for _, a := range accesses {
		if a.Value == s.Access {
			return a.shows(r)
		}
	}
	return true
}

func (r listed) contains(words []string) bool {
	if len(words) == 0 {
		return true
	}
	fields := slices.Concat([]string{r.Method, r.Path, r.Handler, r.Object, r.ThrottleScope, r.Source, r.Reason},
		r.Authentication, r.Permissions, r.Throttles)
	text := strings.ToLower(strings.Join(fields, "\n"))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// link returns the address of another page of the same search.
func (s search) link(page int) string {
	query := url.Values{"page": {strconv.Itoa(page)}}
	for name, value := range map[string]string{"q": s.Text, "method": s.Method, "access": s.Access} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "?" + query.Encode()
}
