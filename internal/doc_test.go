package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocPrograms compiles the programs of the package comments, which are there to be pasted.
func TestDocPrograms(t *testing.T) {
	files, err := filepath.Glob("../*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../*/*/doc.go")
	compiled := 0
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		program := programOf(string(text))
		if program == "" {
			continue
		}
		path := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		vet := exec.Command("go", "vet", path)
		vet.Dir = ".."
		if out, err := vet.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
		compiled++
	}
	if compiled < 6 {
		t.Errorf("only %d package comments have a program", compiled)
	}
}

// programOf returns the first code block of a package comment that is a program.
func programOf(comment string) string {
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
			return program.String()
		}
	}
	return program.String()
}
