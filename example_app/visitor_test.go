package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// visitor is a browser: it keeps cookies, and sends the CSRF token of the last
// page that it saw.
type visitor struct {
	site    http.Handler
	cookies map[string]string
	token   string
}

func newVisitor(site http.Handler) *visitor {
	return &visitor{site: site, cookies: map[string]string{}}
}

// loggedIn returns a visitor with a session.
func loggedIn(t *testing.T, site http.Handler, name string) *visitor {
	t.Helper()
	v := newVisitor(site)
	v.get("/login")
	if got := outcome(v.post("/login", url.Values{"username": {name}, "password": {name + "-pw"}})); got != "303 /" {
		t.Fatalf("login of %s: %s", name, got)
	}
	v.get("/")
	return v
}

var (
	tokenField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="(\w{64})"`)
	heading    = regexp.MustCompile(`(?s)<h1>(?:<img[^>]*>)?(.*?)</h1>`)
)

func (v *visitor) send(r *http.Request) *httptest.ResponseRecorder {
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if v.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		}
	}
	if found := tokenField.FindStringSubmatch(w.Body.String()); found != nil {
		v.token = found[1]
	}
	return w
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	return v.send(httptest.NewRequest("GET", path, nil))
}

// form returns a request with a form of the last page that the visitor saw,
// without the headers in which a browser states its origin.
func (v *visitor) form(path string, fields url.Values) *http.Request {
	sent := url.Values{"csrfmiddlewaretoken": {v.token}}
	for name, values := range fields {
		sent[name] = values
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(sent.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (v *visitor) post(path string, fields url.Values) *httptest.ResponseRecorder {
	r := v.form(path, fields)
	r.Header.Set("Origin", "http://"+r.Host)
	return v.send(r)
}

// outcome returns the status and the redirect target, or else the heading of
// the page, or else the body.
func outcome(w *httptest.ResponseRecorder) string {
	text := w.Body.String()
	if to := w.Header().Get("Location"); to != "" {
		text = to
	} else if found := heading.FindStringSubmatch(text); found != nil {
		text = found[1]
	}
	return fmt.Sprint(w.Code, " ", text)
}
