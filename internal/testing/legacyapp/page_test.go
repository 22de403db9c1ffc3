package legacyapp_test

import (
	"os"
	"strings"
	"testing"
)

// TestThePageShowsTheApplication checks that each line of Go on the page is a
// line of the application.
func TestThePageShowsTheApplication(t *testing.T) {
	page, err := os.ReadFile("../../../docs/from-gin-jwt.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{"": true}
	for _, name := range []string{"account.go", "after.go", "oldtokens.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(source)) {
			lines[strings.TrimSpace(line)] = true
		}
	}
	shown := 0
	for i, block := range strings.Split(string(page), "\n```") {
		text, isGo := strings.CutPrefix(block, "go\n")
		if i%2 == 0 || !isGo {
			continue
		}
		for line := range strings.Lines(text) {
			if shown++; !lines[strings.TrimSpace(line)] {
				t.Errorf("the application has no line %q", strings.TrimSpace(line))
			}
		}
	}
	if shown < 140 {
		t.Errorf("only %d lines", shown)
	}
}
