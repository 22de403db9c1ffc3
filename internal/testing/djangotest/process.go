package djangotest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Process is a program that communicates with the test line by line. Its errors
// go to the test's standard error.
type Process struct {
	name   string
	stdin  io.Writer
	stdout *bufio.Reader
}

// Start starts a program, in Python or not, and kills it when the test ends.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &Process{cmd.Path, stdin, bufio.NewReader(stdout)}
}

// Line returns the next line that the program prints.
func (p *Process) Line(t testing.TB) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("%s has ended: %v", p.name, err)
	}
	return strings.TrimSpace(line)
}

// Call calls a function of a script. It sends a line with a JSON list, the name
// followed by the arguments, and returns the JSON value of the line that comes
// back. {"error": ...} fails the test.
func (p *Process) Call(t testing.TB, function string, args ...any) (answer any) {
	t.Helper()
	line, err := json.Marshal(append([]any{function}, args...))
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(p.Line(t)), &answer); err != nil {
		t.Fatalf("%s%v: %v", function, args, err)
	}
	if failed, ok := answer.(map[string]any); ok && failed["error"] != nil {
		t.Fatalf("%s%v: %v", function, args, failed["error"])
	}
	return answer
}
