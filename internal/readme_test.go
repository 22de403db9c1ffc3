package internal_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestREADMEs builds the programs in the README and in the README of the
// example application, runs them, and compares the answers to their curl lines
// with the text below those lines. Neither program may log an error, such as a
// finding of Check at its first request, and the route table must be as the
// README shows it.
func TestREADMEs(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short builds no programs")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: install curl to run the READMEs' commands")
	}
	for _, row := range []struct {
		page    string
		example bool
	}{
		{page: "../README.md"},
		{page: "../example_app/README.md", example: true},
	} {
		t.Run(row.page, func(t *testing.T) {
			text := document(t, row.page)
			address := freeAddress(t)
			target := "./example_app"
			if !row.example {
				target = programOf(t, text, address)
			}
			log := start(t, build(t, target), address)
			password := awaitPassword(t, log)
			run(t, block(t, text, "console"), password, address)
			if regexp.MustCompile(`(?i)\b(error|ginauth:)`).MatchString(log.String()) {
				t.Errorf("the program logged an error:\n%s", log)
			}
			if table := "\n```text\n"; strings.Contains(text, table) && !strings.Contains(log.String(), block(t, text, "text")) {
				t.Errorf("the route table of %s is not what the program prints:\n%s", row.page, log)
			}
		})
	}
}

const documented = "127.0.0.1:8080"

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// programOf writes the first program of a page to a file.
func programOf(t *testing.T, markdown, address string) string {
	t.Helper()
	programs := documentPrograms(markdown)
	if len(programs) == 0 {
		t.Fatal("there is no program")
	}
	dir := filepath.Join(t.TempDir(), "hello") // the route table shows this name
	file := filepath.Join(dir, "main.go")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(programs[0], documented, address)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func build(t *testing.T, target string) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-o", binary, target)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", target, err, out)
	}
	return binary
}

// start runs a program in its own directory and returns its output.
func start(t *testing.T, binary, address string) *output {
	t.Helper()
	log := &output{}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), log, log
	cmd.Env = append(os.Environ(), "ADDR="+address, "DATABASE_URL=", "REDIS_URL=", "SECRET_KEY=", "GIN_MODE=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // after the test's context has killed it
	deadline := time.Now().Add(time.Minute)
	for {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
			return log
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing listens on %s: %v\n%s", address, err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var printedPassword = regexp.MustCompile(`password:? ([A-Z2-7]{26})\b`)

func awaitPassword(t *testing.T, log *output) string {
	t.Helper()
	match := printedPassword.FindStringSubmatch(log.String())
	if match == nil {
		t.Fatalf("no password was printed:\n%s", log)
	}
	return match[1]
}

// block returns the first block of a page in a language.
func block(t *testing.T, markdown, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(markdown, "\n```"+language+"\n")
	text, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatalf("there is no block %q", language)
	}
	return text
}

// run passes the lines after "$ " to one shell and compares the output of each
// with the lines below it.
func run(t *testing.T, console, password, address string) {
	t.Helper()
	var commands, want []string
	for line := range strings.Lines(console) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands, want = append(commands, command), append(want, "")
		} else {
			want[len(want)-1] += line
		}
	}
	if len(commands) < 6 || !strings.HasPrefix(commands[0], "PASSWORD=...") {
		t.Fatalf("commands: %q", commands)
	}
	commands[0] = "PASSWORD=" + password + "\n"
	script := "curl() { command curl --silent \"$@\"; echo; }\n"
	for _, command := range commands {
		script += strings.ReplaceAll(command, documented, address) + "echo @@\n"
	}
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
	got := strings.Split(string(out), "@@\n")
	if err != nil || len(got) != len(commands)+1 {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, command := range commands {
		if strings.TrimRight(got[i], "\n") != strings.TrimRight(want[i], "\n") {
			t.Errorf("$ %sprints %swant   %s", command, got[i], want[i])
		}
	}
}

// output is a buffer that a process writes and a test reads.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
