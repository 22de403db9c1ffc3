package docsnippets_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	documented = "127.0.0.1:8080"
	password   = "porridge-and-42-spoons"
)

// shell runs the commands of one page, in a folder of its own.
type shell struct {
	dir, programs, address string
}

// newShell prepares a folder with a database, and starts the program that the
// commands of a page send requests to.
func newShell(t *testing.T, programs string, page []block) *shell {
	t.Helper()
	s := &shell{dir: t.TempDir(), programs: programs}
	serving, users, curls := filepath.Join(programs, "notes"), []string{"alice", "bob"}, false
	for i := len(page) - 1; i >= 0; i-- {
		switch b := page[i]; {
		case isProgram(b):
			serving = filepath.Join(programs, programName(b))
		case b.language == "go" || excused(b) != "":
		case strings.Contains(b.text, documented):
			curls = true
		case strings.Contains(b.text, "user create alice"):
			users = []string{"bob"}
		}
	}
	prepare(t, s.dir, users...)
	if curls {
		s.address = serve(t, s.dir, serving).address
	}
	return s
}

// run runs a block and compares what its commands print, if it is a console.
func (s *shell) run(t *testing.T, b block) {
	t.Helper()
	commands, want := []string{b.text}, []string{""}
	if b.language == "console" {
		commands, want = transcript(b.text)
	}
	script := "set -e\n"
	for _, command := range commands {
		script += s.adapt(command) + "\necho @@\n"
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = s.dir
	cmd.Stdin = strings.NewReader(strings.Repeat(password+"\n", 9))
	cmd.Env = append(environment(s.dir), "PASSWORD="+password, "PATH="+s.programs+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	got := strings.Split(string(out), "@@\n")
	if err != nil || len(got) != len(commands)+1 {
		t.Errorf("%s:%d: %v\n%s", b.page, b.line, err, out)
		return
	}
	for i, command := range commands {
		if want[i] != "" && !varies[b.page] && !printed(got[i], want[i]) {
			t.Errorf("%s:%d: $ %s prints\n%swant\n%s", b.page, b.line, command, got[i], want[i])
		}
	}
}

// adapt replaces what a command of a document cannot have here: the address
// and the database, and a terminal on which it asks.
func (s *shell) adapt(command string) string {
	var adapted strings.Builder
	for line := range strings.Lines(command) {
		if strings.Contains(line, "asks first") {
			line = strings.Replace(line, "#", "--yes #", 1)
		}
		adapted.WriteString(line)
	}
	return strings.NewReplacer(
		documented, s.address,
		"postgres://app@localhost/app", "app.db",
		"curl ", "curl -w '\\n' ",
	).Replace(adapted.String())
}

// transcript returns the commands of a console, and what each prints.
func transcript(console string) (commands, printed []string) {
	more := false
	for line := range strings.Lines(console) {
		command, begins := strings.CutPrefix(line, "$ ")
		continuation, continues := strings.CutPrefix(line, "> ")
		switch {
		case begins:
			commands, printed = append(commands, command), append(printed, "")
		case continues || more:
			command = continuation
			commands[len(commands)-1] += continuation
		default:
			printed[len(printed)-1] += line
			continue
		}
		more = strings.HasSuffix(command, "\\\n")
	}
	return commands, printed
}

// printed reports whether a command printed what the document shows, in which
// "..." stands for anything within a line. A last line "..." stands for more
// lines.
func printed(got, want string) bool {
	pattern := regexp.QuoteMeta(strings.TrimRight(want, "\n"))
	if rest, ok := strings.CutSuffix(pattern, "\n"+`\.\.\.`); ok {
		pattern = rest + `(?s:\n.*)?`
	}
	pattern = strings.ReplaceAll(pattern, `\.\.\.`, `.*`)
	return regexp.MustCompile(`^` + pattern + `\s*$`).MatchString(strings.ReplaceAll(got, "\r\n", "\n"))
}
