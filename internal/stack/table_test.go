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
		before, after := declared(t, d.Package, lastBefore(d.Since)), declared(t, d.Package, d.Since)
		if d.What == "" || d.Before == "" || d.After == "" || seen[d.What] {
			t.Errorf("%+v", d)
		}
		if before.Has(d) || !after.Has(d) {
			t.Errorf("%s: before %v, after %v", d.What, before.Has(d), after.Has(d))
		}
		seen[d.What] = true
	}
}

// declared returns the newest releases with that of one package replaced.
func declared(t *testing.T, p stack.Package, r stack.Release) stack.Releases {
	t.Helper()
	rs, err := stack.Newest().Declare(map[stack.Package]string{p: r.String()})
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// lastBefore returns a release between r and the one before it.
func lastBefore(r stack.Release) stack.Release {
	switch {
	case r[2] > 0:
		return stack.Release{r[0], r[1], r[2] - 1}
	case r[1] > 0:
		return stack.Release{r[0], r[1] - 1, 99}
	}
	return stack.Release{r[0] - 1, 99}
}
