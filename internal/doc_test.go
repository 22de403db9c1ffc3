package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocPrograms compiles the programs of the package comments and the
// documents, which readers will paste.
func TestDocPrograms(t *testing.T) {
	for _, kind := range []struct {
		patterns []string
		programs func(text string) []string
		least    int
	}{
		{[]string{"../*/doc.go", "../*/*/doc.go"}, commentPrograms, 7},
		{[]string{"../docs/*.md", "../*.md"}, documentPrograms, 2},
	} {
		compiled := 0
		for _, pattern := range kind.patterns {
			files, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, program := range kind.programs(string(text)) {
					vet(t, file, program)
					compiled++
				}
			}
		}
		if compiled < kind.least {
			t.Errorf("%q have only %d programs", kind.patterns, compiled)
		}
	}
}

func vet(t *testing.T, file, program string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", path)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", file, err, out)
	}
}

// commentPrograms returns the first code block of a package comment that is a
// program.
func commentPrograms(comment string) []string {
	var program strings.Builder
	for line := range strings.Lines(comment) {
		code, isCode := strings.CutPrefix(line, "//\t")
		switch {
		case program.Len() == 0 && code != "package main\n":
		case isCode:
			program.WriteString(code)
		case line == "//\n":
			program.WriteString("\n")
		default:
			return []string{program.String()}
		}
	}
	return nil
}

// documentPrograms returns the Go blocks of a document that are programs.
func documentPrograms(markdown string) (programs []string) {
	blocks := strings.Split(markdown, "\n```go\n")
	for _, block := range blocks[1:] {
		if code, _, _ := strings.Cut(block, "```"); strings.HasPrefix(code, "package main\n") {
			programs = append(programs, code)
		}
	}
	return programs
}
