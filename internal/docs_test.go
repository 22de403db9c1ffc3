package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var decisionNumber = regexp.MustCompile(`^\*\*D-([0-9]+)\*\* \((\d{4}-\d{2}-\d{2})\)$`)

// TestDecisionsAreNumbered checks that a line "**D-17** (2026-11-23)" precedes
// each decision, that the decision begins with its gist in bold, and that no
// number is missing or used twice.
func TestDecisionsAreNumbered(t *testing.T) {
	text := document(t, "../docs/decisions.md")
	var numbers []int
	previous := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if match := decisionNumber.FindStringSubmatch(line); match != nil {
			n, _ := strconv.Atoi(match[1])
			numbers = append(numbers, n)
			if _, err := time.Parse(time.DateOnly, match[2]); err != nil {
				t.Error(err)
			}
		} else if strings.HasPrefix(line, "**") && !decisionNumber.MatchString(previous) {
			t.Errorf("no line \"**D-%d** (%s)\" before: %s", len(numbers)+1, time.Now().Format(time.DateOnly), line)
		}
		previous = line
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("D-%d is missing or given twice", i+1)
		}
	}
	if len(numbers) < 79 {
		t.Errorf("only %d decisions were found", len(numbers))
	}
}

var (
	link = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// links returns the links of a page, each as target and fragment.
func links(markdown string) (all [][2]string) {
	for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(markdown, ""), -1) {
		all = append(all, [2]string{match[1], match[2]})
	}
	return all
}

// TestEveryPageIsInTheIndex checks that docs/README.md links every page of
// docs, once.
func TestEveryPageIsInTheIndex(t *testing.T) {
	linked := map[string]int{}
	for _, target := range links(document(t, "../docs/README.md")) {
		linked[target[0]]++
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && linked[name] != 1 {
			t.Errorf("docs/README.md links %s %d times", name, linked[name])
		}
	}
}

// TestLinksLeadSomewhere checks that every file that the documents link is in
// the repository, and that every fragment is a heading of its page.
func TestLinksLeadSomewhere(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, l := range links(document(t, page)) {
			target, anchor := l[0], l[1]
			if strings.Contains(target, "://") {
				continue
			}
			found++
			path := filepath.Join(filepath.Dir(page), filepath.FromSlash(target))
			if target == "" {
				path = page
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links %s: %v", page, target, err)
			} else if anchor != "" && !slices.Contains(anchors(document(t, path)), anchor) {
				t.Errorf("%s links %s, which has no heading %s", page, target, anchor)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d links were found", found)
	}
}

// pages returns the documents.
func pages(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../*/README.md", "../internal/*/README.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, files...)
	}
	return all
}

func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// anchors returns the fragments that GitHub gives to the headings of a page.
func anchors(markdown string) (all []string) {
	for line := range strings.Lines(markdown) {
		if heading := strings.TrimLeft(line, "#"); heading != line && strings.HasPrefix(heading, " ") {
			text := notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			all = append(all, "#"+strings.ReplaceAll(text, " ", "-"))
		}
	}
	return all
}

// TestGlossaryDefinesOnce checks that CONTRIBUTING's glossary defines no word
// twice, and that it defines the words that the documents rely on.
func TestGlossaryDefinesOnce(t *testing.T) {
	_, glossary, found := strings.Cut(document(t, "../CONTRIBUTING.md"), "\n## Glossary\n")
	if !found {
		t.Fatal("there is no glossary")
	}
	defined := map[string]int{}
	for line := range strings.Lines(glossary) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| ") {
			defined[strings.TrimPrefix(cells[0], "| ")]++
		}
	}
	for word, n := range defined {
		if n != 1 {
			t.Errorf("%q is defined %d times", word, n)
		}
	}
	for _, word := range []string{"credential", "bearer", "client", "caller", "principal", "epoch", "family", "account", "network", "gate", "turn", "known"} {
		if defined[word] == 0 {
			t.Errorf("%q is not defined", word)
		}
	}
}
