package policies_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// operands returns the six kinds of permission in the truth tables of
// docs/permissions.md.
func operands() map[string]ginauth.Permission {
	request := func(ok bool, err error) ginauth.Permission {
		return policies.PermissionFunc("request", func(*gin.Context, *ginauth.Identity) (bool, error) { return ok, err })
	}
	object := func(ok bool, err error) ginauth.Permission {
		return policies.ObjectPermissionFunc("object", func(*gin.Context, *ginauth.Identity, *struct{}) (bool, error) { return ok, err })
	}
	return map[string]ginauth.Permission{
		"yes": request(true, nil), "no": request(false, nil), "fails": request(true, errDown),
		"object yes": object(true, nil), "object no": object(false, nil), "object fails": object(true, errDown),
	}
}

// entry is one cell of a table: an expression, with its answers before the
// object is known and about the object.
type entry struct {
	name       string
	permission ginauth.Permission
	want       string
}

// publishedTables reads the truth tables.
func publishedTables(t *testing.T) (entries []entry) {
	t.Helper()
	text, err := os.ReadFile("../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	p, operator, columns := operands(), "", []string(nil)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		head, _, _ := strings.Cut(cells[0], "(")
		switch {
		case !strings.HasPrefix(line, "|"):
			operator = ""
		case head == "All" || head == "Any" || strings.HasSuffix(line, "| object fails |\n") && head == "":
			operator, columns = head, cells[1:]
		case head == "Not" && operator == "" && len(columns) == len(cells)-1:
			for i, want := range cells[1:] {
				entries = append(entries, entry{"Not " + columns[i], policies.Not(p[columns[i]]), want})
			}
		case operator == "All" && p[head] != nil:
			for i, want := range cells[1:] {
				entries = append(entries, entry{"All " + head + ", " + columns[i], policies.All(p[head], p[columns[i]]), want})
			}
		case operator == "Any" && p[head] != nil:
			for i, want := range cells[1:] {
				entries = append(entries, entry{"Any " + head + ", " + columns[i], policies.Any(p[head], p[columns[i]]), want})
			}
		}
	}
	if len(entries) != 6*6+6*6+6 {
		t.Fatalf("%d entries in the tables of docs/permissions.md", len(entries))
	}
	return entries
}

// TestThePublishedTruthTables asks every expression as the guard does: about
// the request, then about the object. The answer before the object is known
// shows in the decision and in what Not makes of it.
func TestThePublishedTruthTables(t *testing.T) {
	for _, e := range publishedTables(t) {
		request, object, _ := strings.Cut(e.want, ", ")
		if object == "" {
			object = request
		}
		aboutRequest := ginauth.Question{Identity: nobody}
		aboutObject := ginauth.Question{Identity: nobody, Object: &struct{}{}}
		for _, row := range []struct {
			what, got, want string
		}{
			{"the request", answerOf(aboutRequest.Ask(e.permission)), map[string]string{"depends": "yes"}[request]},
			{"not the request", answerOf(aboutRequest.Ask(policies.Not(e.permission))), opposite[request]},
			{"the object", answerOf(aboutObject.Ask(e.permission)), object},
			{"not the object", answerOf(aboutObject.Ask(policies.Not(e.permission))), opposite[object]},
		} {
			if row.want == "" {
				row.want = request
			}
			if about := strings.HasSuffix(row.what, "object"); about && (request == "no" || request == "fails") {
				continue // such a request is refused before there is an object
			}
			if row.got != row.want {
				t.Errorf("%s, %s: %s, want %s", e.name, row.what, row.got, row.want)
			}
		}
	}
}

// opposite holds what Not makes of each answer. One that depends on the object
// still does, so the request may go on.
var opposite = map[string]string{"yes": "no", "no": "yes", "depends": "yes", "fails": "fails"}

var nobody = &ginauth.Identity{}

func answerOf(refusing ginauth.Permission, err error) string {
	switch {
	case err != nil && refusing != nil:
		return "a refusal that is also a failure"
	case err != nil:
		return "fails"
	case refusing != nil:
		return "no"
	}
	return "yes"
}

// TestTheClassThatRefusedAnObjectSpeaks is the same for objects as
// TestTheClassThatRefusedSpeaks. A class that conceals comes before one that
// has a message.
func TestTheClassThatRefusedAnObjectSpeaks(t *testing.T) {
	refuse := policies.ObjectPermissionFunc("refuse", func(*gin.Context, *ginauth.Identity, *struct{}) (bool, error) { return false, nil })
	allow := policies.ObjectPermissionFunc("allow", func(*gin.Context, *ginauth.Identity, *struct{}) (bool, error) { return true, nil })
	mine, yours := policies.Deny(refuse, "Not mine.", "mine"), policies.Deny(refuse, "Not yours.", "yours")
	never := policies.PermissionFunc("never", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil })
	deny := policies.Deny(never, "Never.", "never")
	for _, row := range []struct {
		p    ginauth.Permission
		want string
	}{
		{policies.All(allow, mine, yours), "Not mine."},
		{policies.Any(refuse, yours, mine), "Not yours."},
		{policies.Any(deny, mine), "Never."},
		{policies.All(policies.Any(policies.AllowAny, mine), yours), "Not yours."},
		{policies.Not(allow), "DRF's"},
		{policies.Deny(policies.Not(allow), "Only others'.", ""), "Only others'."},
		{policies.Not(policies.Not(mine)), "DRF's"},
		{policies.Conceal(mine), "404"},
		{policies.All(allow, policies.Conceal(refuse)), "404"},
		{policies.Any(mine, policies.Conceal(refuse), yours), "404"},
		{policies.Deny(policies.Any(mine, policies.Conceal(refuse)), "Neither.", ""), "404"},
		{policies.Conceal(policies.Any(mine, yours)), "404"},
		{policies.Any(mine, policies.Conceal(allow)), "allowed"},
	} {
		refusing, err := ginauth.Question{Identity: nobody, Object: &struct{}{}}.Ask(row.p)
		if got := heard(refusing); got != row.want || err != nil {
			t.Errorf("%s: %s %v, want %s", ginauth.Name(row.p), got, err, row.want)
		}
	}
}

func heard(refusing ginauth.Permission) string {
	if refusing == nil {
		return "allowed"
	}
	if hidden, ok := refusing.(ginauth.Concealer); ok && hidden.Conceals() {
		return "404"
	}
	if d, ok := refusing.(ginauth.Denial); ok && d.Message() != nil {
		return d.Message().(string)
	}
	return "DRF's"
}
