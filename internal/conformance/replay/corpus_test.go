package replay_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

func TestLoadOrder(t *testing.T) {
	line := func(id string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("\n" + lines(`{"id": "`+id+`", "group": "g",
			"request": {"method": "GET", "path": "/"}, "response": {"status": 200}}`) + "\n \n")}
	}
	cases, err := replay.Load(fstest.MapFS{
		"c/b.jsonl": line("3"), "c/a.jsonl": line("1"), "c/a/z.jsonl": line("2"),
		"c/note.json": line("4"), "other.jsonl": line("5"),
	}, "c")
	if err != nil {
		t.Fatal(err)
	}
	var ids strings.Builder
	for _, c := range cases {
		ids.WriteString(c.ID)
	}
	if ids.String() != "123" {
		t.Errorf("loaded %s, want 123", ids.String())
	}
}

func TestLoadErrors(t *testing.T) {
	const request = `"request": {"method": "GET", "path": "/"}`
	for _, test := range []struct{ name, line, want string }{
		{"no JSON", `{`, "a.jsonl:2: unexpected EOF"},
		{"two cases", `{"id": "a"} {"id": "b"}`, "a.jsonl:2: text after the JSON value"},
		{"no group", `{"id": "a"}`, `case "a" has no id or no group`},
		{"no request", `{"id": "a", "group": "g"}`, `case "a": step 0 has no request`},
		{"no response", `{"id": "a", "group": "g", ` + request + `}`, `step 0 has no request or no response`},
		{"second step", `{"id": "a", "group": "g", "steps": [{"sleep": 1}, {}]}`, "step 1 has no request"},
		{"odd body", `{"id": "a", "group": "g", "request": {"body": {"b64": "AA=="}}}`, "neither a string nor"},
		{"odd base64", `{"id": "a", "group": "g", "request": {"body": {"$b64": "?"}}}`, "illegal base64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := replay.Load(fstest.MapFS{"a.jsonl": {Data: []byte("\n" + test.line)}}, ".")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := replay.Load(fstest.MapFS{"c/a.jsonl": {}}, "c"); err == nil {
		t.Error("an empty corpus loads without error")
	}
	if _, err := replay.Load(fstest.MapFS{}, "c"); err == nil {
		t.Error("a missing directory loads without error")
	}
}

// The recorded corpus itself: one group a file, each case once.
func TestLoadRecorded(t *testing.T) {
	cases, err := replay.Load(os.DirFS("../testdata"), "corpus")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, c := range cases {
		if seen[c.ID] || !strings.HasPrefix(c.ID, c.Group+"/") {
			t.Errorf("case %s of group %s is misplaced or repeated", c.ID, c.Group)
		}
		seen[c.ID] = true
	}
}
