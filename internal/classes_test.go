package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// judgesNone are classes that state something about themselves and do not judge
// stand-ins, with the reason.
var judgesNone = map[string]string{
	"hasRole":          "a stand-in has no roles",
	"hasFactor":        "about how the user logged in",
	"recentLogin":      "about when the user logged in",
	"apiKeyPermission": "about a credential",
}

// TestClassesJudgeStandIns checks that the page of policies can tell what a
// class says of every user of a kind. It finds the classes by their methods.
func TestClassesJudgeStandIns(t *testing.T) {
	methods := regexp.MustCompile(`(?m)^func \((?:\w+ )?\*?(\w+)(?:\[\w+\])?\) ` +
		`(Describe\(\) ginauth\.PermissionTraits|JudgesStandIns\(\)) `)
	files, err := filepath.Glob("../policies/*.go")
	if err != nil {
		t.Fatal(err)
	}
	states, judges := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range methods.FindAllStringSubmatch(string(text), -1) {
			if m[2] == "JudgesStandIns()" {
				judges[m[1]] = true
			} else {
				states[m[1]] = true
			}
		}
	}
	if len(states) < 17 {
		t.Errorf("only %v state something", states)
	}
	for class := range states {
		if (judgesNone[class] == "") != judges[class] {
			t.Errorf("%s states what it asks: give it JudgesStandIns in policies/standin.go, or a reason here", class)
		}
	}
}

var userAbility = regexp.MustCompile(`(?m)^policies: type (\w+User) interface$`)

var permissionClass = regexp.MustCompile(`(?m)^policies: (?:func|var) (\w+)\b.* ginauth\.Permission$`)

// TestEveryPermissionClassIsListed looks for the classes in the documentation of
// the package and in the table of docs/permissions.md, and for the abilities of
// users in the former.
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
	abilities := userAbility.FindAllStringSubmatch(read("testdata/api.txt"), -1)
	if len(abilities) < 6 {
		t.Errorf("only %d abilities of users are exported", len(abilities))
	}
	for _, ability := range abilities {
		if !strings.Contains(doc, ability[1]) {
			t.Errorf("policies/doc.go does not list %s", ability[1])
		}
	}
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
