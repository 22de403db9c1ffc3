package stack_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/stack"
)

// TestTablesAreDocumented compares the tables of docs/from-drf.md with the code.
func TestTablesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/from-drf.md")
	if err != nil {
		t.Fatal(err)
	}
	differences := "| what | before | since | then |\n|---|---|---|---|\n"
	for _, d := range stack.Table() {
		differences += fmt.Sprintf("| %s | %s | %s %s | %s |\n", d.What, d.Before, d.Package, d.Since, d.After)
	}
	iterations := "| Django | iterations |\n|---|---|\n"
	for _, i := range stack.IterationsTable() {
		iterations += fmt.Sprintf("| %s | %s |\n", i.Since, thousands(i.PBKDF2))
	}
	for name, table := range map[string]string{"differences": differences, "iterations": iterations} {
		want := "<!-- " + name + ": generated from internal/stack -->\n" + table + "<!-- end of " + name + " -->"
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/from-drf.md lacks:\n%s", want)
		}
	}
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// TestEveryDifferenceIsKnown checks that a row says what changed, and when.
func TestEveryDifferenceIsKnown(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range stack.Table() {
		before, after := stack.Newest(), stack.Newest()
		after[d.Package], before[d.Package] = d.Since, stack.Release{d.Since[0], d.Since[1] - 1, 99}
		if d.What == "" || d.Before == "" || d.After == "" || seen[d.What] {
			t.Errorf("%+v", d)
		}
		if before.Has(d) || !after.Has(d) {
			t.Errorf("%s: before %v, after %v", d.What, before.Has(d), after.Has(d))
		}
		seen[d.What] = true
	}
}
