package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/term"
)

var errMismatch = errors.New("the two do not match; nothing was changed")

// terminal is the terminal at which a person types.
type terminal struct {
	fd      int
	prompts io.Writer
}

// askTwice asks for a password twice. It returns "" if the first answer is
// empty, and an error if the two differ.
func (t terminal) askTwice(ctx context.Context) (string, error) {
	first, err := t.ask(ctx, "Password: ")
	if err != nil || first == "" {
		return "", err
	}
	second, err := t.ask(ctx, "Password (again): ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errMismatch
	}
	return first, nil
}

// ask reads a line without echoing it. Afterwards the terminal echoes again,
// even after Ctrl-C.
func (t terminal) ask(ctx context.Context, prompt string) (string, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	shown, err := term.GetState(t.fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(t.fd, shown) }() // if it fails the terminal has gone
	fmt.Fprint(t.prompts, prompt)
	defer fmt.Fprintln(t.prompts) // the newline that was typed was not echoed either
	line, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(t.fd) })
	return string(line), err
}
