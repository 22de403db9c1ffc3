package endpoint_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// TestView checks what a view answers to its own methods, and to others.
func TestView(t *testing.T) {
	body := endpoint.NewBody("test", 64, requestdata.JSON)
	engine := gin.New()
	engine.Any("/notes", endpoint.View{
		Name: "Notes", Description: "Takes a note's text.", Body: body, Takes: []string{"text"}, Gives: []string{"id"},
		Methods: map[string]endpoint.Answer{
			http.MethodPost: endpoint.OK(func(c *gin.Context) (any, error) {
				in, err := body.Input(c)
				if err != nil {
					return nil, err
				}
				text := in.Text("text", true)
				return text, in.Err()
			}),
			http.MethodGet:    func(*gin.Context) (int, any, error) { return 0, nil, ginauth.NotFound() },
			http.MethodDelete: func(*gin.Context) (int, any, error) { return http.StatusNoContent, nil, nil },
		},
	}.Handler())
	for _, row := range []struct {
		method, body string
		status       int
		want         string
	}{
		{"POST", `{"text":" <a> "}`, 200, `"<a>"`},
		{"POST", `{}`, 400, `{"text":["This field is required."]}`},
		{"POST", `[]`, 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"POST", `{"text":"` + strings.Repeat("x", 64) + `"}`, 413, `{"detail":"Request body too large."}`},
		{"GET", "", 404, `{"detail":"Not found."}`},
		{"DELETE", "", 204, ""},
		{"PATCH", "", 405, `{"detail":"Method \"PATCH\" not allowed."}`},
		{"OPTIONS", "", 200, `{"name":"Notes","description":"Takes a note's text.","renders":["application/json"],` +
			`"parses":["application/json"],"actions":{"POST":{` +
			`"text":{"type":"string","required":true,"read_only":false,"label":"Text"},` +
			`"id":{"type":"string","required":false,"read_only":true,"label":"Id"}}}}`},
	} {
		request := httptest.NewRequest(row.method, "/notes", strings.NewReader(row.body))
		request.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, request)
		if w.Code != row.status || w.Body.String() != row.want {
			t.Errorf("%s %.20q: %d %s, want %d %s", row.method, row.body, w.Code, w.Body, row.status, row.want)
		}
		if allow := w.Header().Get("Allow"); allow != "GET, POST, DELETE, OPTIONS" {
			t.Errorf("%s %.20q: Allow is %q", row.method, row.body, allow)
		}
		if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
			t.Errorf("%s %.20q: Cache-Control is %q", row.method, row.body, cache)
		}
	}
}
