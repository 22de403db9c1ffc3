package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocPrograms compiles the programs of the package comments and the documents, which are there to be pasted.
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

// readmeFrame is what the program of the README leaves out.
const readmeFrame = `package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/libtnb/sqlite"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

func health(c *gin.Context) { c.Status(http.StatusOK) }

type registrar struct{}

func (registrar) Register(r gin.IRouter) { r.GET("/vendor", health) }

var vendor registrar

`

// TestTheProgramOfTheReadmeHasNoFindings runs it as far as its routes go.
func TestTheProgramOfTheReadmeHasNoFindings(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n```go\n")
	program, _, _ := strings.Cut(rest, "```")
	for _, replace := range [][2]string{
		{`"app.db"`, `":memory:"`},
		{"r.Run()", `fmt.Println(len(auth.Routes()), "routes", auth.Check())`},
	} {
		if strings.Count(program, replace[0]) != 1 {
			t.Fatalf("the program of the README does not hold %s once:\n%s", replace[0], program)
		}
		program = strings.Replace(program, replace[0], replace[1], 1)
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(readmeFrame+program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", path)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "GIN_MODE=release")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), " routes []\n") {
		t.Errorf("%v\n%s", err, out)
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

// commentPrograms returns the first code block of a package comment that is a program.
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
