package docsnippets_test

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// notRun lists the blocks that this test does not run, by the page and the
// first words of the block, with the reason.
var notRun = map[string]string{
	"README.md: go mod init":                          "needs a release; TestREADMEs of internal runs the program",
	"README.md: $ PASSWORD=":                          "TestREADMEs of internal runs it",
	"README.md: go run -C bench":                      "benchmarks",
	"example_app/README.md: go run":                   "TestREADMEs of internal runs it",
	"example_app/README.md: $ PASSWORD=":              "TestREADMEs of internal runs it",
	"bench/README.md: cd bench":                       "a benchmark",
	"CONTRIBUTING.md: .ci/fast":                       "runs all tests, this one too",
	"CONTRIBUTING.md: export GINAUTH_TEST_POSTGRES":   "runs all tests, this one too",
	"CONTRIBUTING.md: .ci/django":                     "downloads a Django; .ci/run runs it",
	"docs/permissions.md: export":                     "a benchmark of a minute, beside a Django",
	"docs/scaling.md: $ export":                       "a benchmark",
	"docs/scaling.md: $ go test":                      "a test of the suite",
	"docs/moving.md: $ psql":                          "needs a Django, gunicorn and nginx; internal/testing/interop tests the same",
	"docs/moving.md: $ ginauth":                       "needs a Django",
	"docs/moving.md: $ TOKEN=":                        "needs a Django",
	"docs/moving.md: $ nginx":                         "needs nginx",
	"docs/moving.md: $ SITE=":                         "needs a Django and nginx",
	"docs/moving.md: $ python":                        "needs a Django",
	"docs/upkeep.md: $ pg_dump":                       "needs two databases of PostgreSQL and its programs",
	"docs/upkeep.md: # move.sh":                       "needs a database of PostgreSQL and its programs",
	"docs/upkeep.md: $ app migrate --sql > migration": "needs psql; commands/testdata/script tests the command",
}

// varies lists the pages whose commands print something else each time.
var varies = map[string]bool{
	"docs/logins.md": true, // failures, each with its time
}

// TestCommandsRun runs the programs and the commands of the documents. Those
// of a page share a shell, whose programs ginauth, notes and app work on a
// SQLite database of the page's own. Requests to 127.0.0.1:8080 get the answers
// of the first program of the page or, if it has none, those of notes. A block
// "console" shows what its commands print, with "..." for what differs each
// time; a block "sh" does not.
func TestCommandsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short builds no programs")
	}
	for _, program := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: install %s to run the commands of the documents", program)
		}
	}
	pages := documents(t)
	skipped := map[string]bool{}
	programs := buildPrograms(t, pages)
	servePrograms(t, programs, pages)
	commands := 0
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		var run []block
		for _, b := range pages[page] {
			if b.language != "sh" && b.language != "console" {
				continue
			}
			if key := excused(b); key != "" {
				skipped[key] = true
				continue
			}
			run = append(run, b)
		}
		if len(run) == 0 {
			continue
		}
		commands += len(run)
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			s := newShell(t, programs, pages[page])
			for _, b := range run {
				s.run(t, b)
			}
		})
	}
	for key := range notRun {
		if !skipped[key] {
			t.Errorf("notRun names %q, which no block begins with", key)
		}
	}
	if commands < 15 {
		t.Errorf("only %d blocks of commands were found", commands)
	}
}

// excused returns the entry of notRun that a block has.
func excused(b block) string {
	for key := range notRun {
		page, beginning, _ := strings.Cut(key, ": ")
		if page == b.page && strings.HasPrefix(b.text, beginning) {
			return key
		}
	}
	return ""
}

// servePrograms starts the programs of the documents. That of the README is
// started by TestREADMEs of internal.
func servePrograms(t *testing.T, programs string, pages map[string][]block) {
	for page, blocks := range pages {
		for _, b := range blocks {
			if page == "README.md" || !isProgram(b) {
				continue
			}
			t.Run(programName(b), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				prepare(t, dir, "bob")
				log := serve(t, dir, filepath.Join(programs, programName(b)))
				if text := log.String(); strings.Contains(text, "ginauth:") || strings.Contains(text, "level=ERROR") {
					t.Errorf("the program logged an error:\n%s", text)
				}
			})
		}
	}
}
