package sitetest

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
)

// Answer is what a client gets.
type Answer struct{ *httptest.ResponseRecorder }

// String returns the status and the body on one line.
func (a Answer) String() string { return fmt.Sprint(a.Code, " ", a.Body) }

// Text returns a member of the body, which is a JSON object, and fails the test
// if it is missing or no text.
func (a Answer) Text(t testing.TB, member string) string {
	t.Helper()
	var members map[string]any
	err := json.Unmarshal(a.Body.Bytes(), &members)
	text, _ := members[member].(string)
	if err != nil || text == "" {
		t.Fatalf("no %s in %s", member, a)
	}
	return text
}

// Cookie returns the value of a cookie that the answer sets, or "".
func (a Answer) Cookie(name string) string {
	for _, cookie := range a.Result().Cookies() {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}
