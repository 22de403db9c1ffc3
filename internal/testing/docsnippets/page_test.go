// Package docsnippets_test compiles and runs what the documents show: each Go
// block, and each command line.
package docsnippets_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../../.."

// block is a fenced block of a page.
type block struct {
	page, language, text string
	line                 int    // of its first line
	context              string // what a comment before the block names
	continued            bool   // goes on where the block before it ended
}

// directive matches a comment before a block that says what the block takes
// for granted: "<!-- context: NAME -->" names a file of testdata, and
// "<!-- continued -->" the block before it.
var directive = regexp.MustCompile(`^<!-- (?:context: (\w+)|(continued)) -->$`)

// blocks returns the fenced blocks of a page.
func blocks(page, markdown string) (all []block) {
	var open *block
	var next block
	var indent string
	n := 0
	for line := range strings.Lines(markdown) {
		n++
		text := strings.TrimRight(line, "\n")
		before, fence, fenced := strings.Cut(text, "```")
		fenced = fenced && strings.Trim(before, " ") == ""
		match := directive.FindStringSubmatch(strings.TrimSpace(text))
		switch {
		case open != nil && fenced:
			all, open, next = append(all, *open), nil, block{}
		case open != nil:
			open.text += strings.TrimPrefix(line, indent)
		case fenced:
			next.page, next.language, next.line = page, fence, n+1
			b := next
			open, indent = &b, before
		case match != nil:
			next.context, next.continued = match[1], match[2] != ""
		}
	}
	return all
}

// documents returns the pages, each with its blocks.
func documents(t *testing.T) map[string][]block {
	t.Helper()
	pages := map[string][]block{}
	for _, pattern := range []string{"*.md", "docs/*.md", "*/README.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			page, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pages[filepath.ToSlash(page)] = blocks(filepath.ToSlash(page), string(text))
		}
	}
	if len(pages) < 25 {
		t.Fatalf("only %d pages were found", len(pages))
	}
	return pages
}
