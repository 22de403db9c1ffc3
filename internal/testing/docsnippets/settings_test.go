package docsnippets_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated part of docs/settings.md")

// TestSettingsPage checks that docs/settings.md lists every setting as its
// comment in the source describes it.
func TestSettingsPage(t *testing.T) {
	const begin, end = "<!-- settings: generated from the source -->\n", "<!-- end of settings -->\n"
	page := filepath.Join(root, "docs/settings.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the lines %q and %q", page, begin, end)
	}
	var want strings.Builder
	settings := 0
	for _, g := range settingGroups(t) {
		settings += len(g.settings)
		g.write(&want)
	}
	if settings < 180 {
		t.Errorf("only %d settings were found", settings)
	}
	if got == want.String() {
		return
	}
	if !*update {
		t.Fatalf("docs/settings.md is out of date: go test ./internal/testing/docsnippets -run %s -update", t.Name())
	}
	if err := os.WriteFile(page, []byte(before+begin+want.String()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDefaultsAreTakenFromComments checks how a comment is divided.
func TestDefaultsAreTakenFromComments(t *testing.T) {
	for _, row := range []struct{ comment, kind, meaning, value string }{
		{"default: two weeks", "time.Duration", "", "two weeks"},
		{"how long it lives (AGE); default: two weeks", "time.Duration", "How long it lives (AGE).", "two weeks"},
		{"Age is how long. Default: 2.5 weeks, or so. It ends.", "time.Duration", "How long. It ends.", "2.5 weeks, or so"},
		{"Queue bounds it. Defaults: 1 second, 15 minutes.", "int", "Queue bounds it.", "1 second, 15 minutes"},
		{"Force makes it so.", "bool", "Force makes it so.", "false"},
		{"required: the header", "string", "The header.", "**required**"},
		{"Only makes it enough; the default is to ask, too.", "bool", "Only makes it enough.", "to ask, too"},
		{"Issuer is its URL. Required; at least one.", "string", "Its URL. At least one.", "**required**"},
		{"Locks are asked.", "[]Lock", "Asked.", "none"},
	} {
		meaning, value := divide(row.comment, row.kind)
		if meaning != row.meaning || value != row.value {
			t.Errorf("%q\n got %q, %q\nwant %q, %q", row.comment, meaning, value, row.meaning, row.value)
		}
	}
}
