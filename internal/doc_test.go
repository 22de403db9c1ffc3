package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocPrograms compiles the programs of the package comments, which readers
// will paste. Those of the documents are compiled by internal/testing/docsnippets.
func TestDocPrograms(t *testing.T) {
	compiled := 0
	for _, pattern := range []string{"../*/doc.go", "../*/*/doc.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, program := range commentPrograms(string(text)) {
				vet(t, file, program)
				compiled++
			}
		}
	}
	if compiled < 7 {
		t.Errorf("only %d package comments have programs", compiled)
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
