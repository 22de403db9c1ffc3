package docsnippets_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// listens are the addresses that the programs of the documents listen on.
var listens = []string{`"127.0.0.1:8080"`, `"127.0.0.1:8001"`}

// isProgram reports whether a block is a whole program.
func isProgram(b block) bool {
	return b.language == "go" && strings.HasPrefix(b.text, "package main\n")
}

// programName returns the name of the program that a block is.
func programName(b block) string {
	return fmt.Sprintf("%s_%d", strings.TrimSuffix(filepath.Base(b.page), ".md"), b.line)
}

// buildPrograms builds the programs of the documents, and those that their
// commands call, and returns the folder that has them all. They are linked
// once, into one program that does what its name says.
func buildPrograms(t *testing.T, pages map[string][]block) (bin string) {
	t.Helper()
	sources := map[string]string{
		"ginauth": source(t, "cmd/ginauth/main.go"),
		"notes":   source(t, "internal/testing/docsnippets/testdata/notes/main.go"),
	}
	for _, blocks := range pages {
		for _, b := range blocks {
			if isProgram(b) {
				sources[programName(b)] = configurable(b.text)
			}
		}
	}
	const folder = "internal/testing/docsnippets/programs" // of the overlay alone
	files, imports, cases := map[string]string{}, "", ""
	for name, text := range sources {
		text = strings.Replace(text, "\npackage main\n", "\npackage program\n", 1)
		files[name+"/main.go"] = strings.Replace(text, "\nfunc main() {", "\nfunc Main() {", 1)
		imports += fmt.Sprintf("\t%s %q\n", name, module+folder+"/"+name)
		cases += fmt.Sprintf("\tcase %q:\n\t\t%s.Main()\n", name, name)
	}
	cases = strings.Replace(cases, `case "notes":`, `case "notes", "app":`, 1)
	files["main.go"] = fmt.Sprintf("package main\n\nimport (\n\t\"os\"\n\t\"path/filepath\"\n\n%s)\n\n"+
		"func main() {\n\tswitch filepath.Base(os.Args[0]) {\n%s\t}\n}\n", imports, cases)

	bin = t.TempDir()
	cmd := exec.Command("go", "build", "-overlay", overlay(t, folder, files), "-o", filepath.Join(bin, "all"), "./"+folder)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	sources["app"] = ""
	for name := range sources {
		if err := os.Symlink("all", filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

func source(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// configurable returns a program that listens on the address in the
// environment variable ADDR, and whose database is the file app.db.
func configurable(program string) string {
	text := "\n" + strings.ReplaceAll(program, "postgres://localhost/app", "app.db")
	for _, address := range listens {
		text = strings.ReplaceAll(text, address, `addr()`)
	}
	text = strings.Replace(text, "import (\n", "import (\n\t\"syscall\"\n", 1)
	return text + "\nfunc addr() string { value, _ := syscall.Getenv(\"ADDR\"); return value }\n"
}

// overlay writes the files of a folder that does not exist, and what tells the
// go command about them.
func overlay(t *testing.T, folder string, files map[string]string) (path string) {
	t.Helper()
	dir := t.TempDir()
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for name, text := range files {
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(absolute, folder, name)] = file
	}
	path = filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
