package internal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var permissionClass = regexp.MustCompile(`(?m)^policies: (?:func|var) (\w+)\b.* ginauth\.Permission$`)

// TestEveryPermissionClassIsListed checks that those who choose a class find
// it: in the documentation of the package and in the table of
// docs/permissions.md.
func TestEveryPermissionClassIsListed(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	classes := permissionClass.FindAllStringSubmatch(read("testdata/api.txt"), -1)
	if len(classes) < 15 {
		t.Errorf("only %d classes are exported", len(classes))
	}
	doc, table := read("../policies/doc.go"), read("../docs/permissions.md")
	_, table, _ = strings.Cut(table, "| class | lets pass |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, class := range classes {
		name := class[1]
		if !strings.Contains(doc, "["+name+"]") {
			t.Errorf("policies/doc.go does not list %s", name)
		}
		if !regexp.MustCompile("`" + name + "\\b").MatchString(table) {
			t.Errorf("the table of docs/permissions.md does not list %s", name)
		}
	}
}
