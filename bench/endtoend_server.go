package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// serverVariable makes this program a server, which its standard input
// describes.
const serverVariable = "GINAUTH_BENCH_SERVER"

// site is what a contender of this program's serves at /.
type site struct {
	handler     http.Handler
	credentials []credential
	refusal     int // the status without a credential; zero if none is asked for
}

// server is a contender that runs.
type server struct {
	address     string
	credentials []credential
	refusal     int
	cpu         func() (time.Duration, error) // what its processes have spent so far
	stop        func()
}

// description is the first line that a server reads, and introduction the first
// that it writes. Each line that it reads afterwards it answers with the
// nanoseconds of CPU that it has spent.
type (
	description struct {
		Contender string
		World     *world
	}
	introduction struct {
		Address     string
		Credentials []credential
		Refusal     int
	}
)

// serveContender is the program in the process of a server.
func serveContender(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var d description
	if err := json.Unmarshal(line, &d); err != nil {
		return err
	}
	s, err := d.site()
	if err != nil {
		return err
	}
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		failed <- (&http.Server{Handler: s.handler, ReadHeaderTimeout: time.Minute}).Serve(listening)
	}()
	encoder := json.NewEncoder(out)
	served := introduction{listening.Addr().String(), s.credentials, s.refusal}
	if err := encoder.Encode(served); err != nil {
		return err
	}
	for {
		if _, err := lines.ReadBytes('\n'); err != nil {
			select {
			case err := <-failed:
				return err
			default:
				return nil // the parent has ended it
			}
		}
		spent, err := spentHere()
		if err != nil {
			return err
		}
		if err := encoder.Encode(spent); err != nil {
			return err
		}
	}
}

func (d description) site() (*site, error) {
	all, _ := ownContenders(d.World)
	for _, c := range all {
		if c.name == d.Contender {
			return c.build(d.World)
		}
	}
	return nil, fmt.Errorf("no contender %q", d.Contender)
}

// spentHere returns the CPU that this process has spent.
func spentHere() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

// run starts a contender.
func (c contender) run(w *world) (*server, error) {
	if c.start != nil {
		return c.start(w)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program) //nolint:noctx // it ends with its standard input
	cmd.Env, cmd.Stderr = append(os.Environ(), serverVariable+"=1"), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{stop: func() {
		stdin.Close()
		_ = cmd.Wait()
	}}
	answers := json.NewDecoder(stdout)
	s.cpu = func() (spent time.Duration, err error) {
		if _, err := stdin.Write([]byte("\n")); err != nil {
			return 0, err
		}
		err = answers.Decode(&spent)
		return spent, err
	}
	var i introduction
	if err := errors.Join(json.NewEncoder(stdin).Encode(description{c.name, w}), answers.Decode(&i)); err != nil {
		s.stop()
		return nil, err
	}
	s.address, s.credentials, s.refusal = i.Address, i.Credentials, i.Refusal
	return s, nil
}

// check asks for the right answers: a user with its credential, and a refusal
// without one and with a wrong one.
func (s *server) check() error {
	c := &client{address: s.address}
	defer c.hangUp()
	first, last := s.credentials[0], s.credentials[len(s.credentials)-1]
	for _, with := range []credential{first, last} {
		code, body, err := c.ask(requestText(with, keepAlive))
		if err != nil {
			return err
		}
		var answer struct{ User string }
		if err := json.Unmarshal(body, &answer); err != nil || code != http.StatusOK || answer.User != with.User {
			return fmt.Errorf("%s is answered with %d: %s", with.User, code, body)
		}
	}
	if s.refusal == 0 {
		return nil
	}
	for _, wrong := range []credential{{}, {Header: first.Header, Value: first.Value + "x"}} {
		code, _, err := c.ask(requestText(wrong, keepAlive))
		if err != nil {
			return err
		}
		if code != s.refusal {
			return fmt.Errorf("a request with the credential %q is answered with %d", wrong.Value, code)
		}
	}
	return nil
}
