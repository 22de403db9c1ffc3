package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// confirmed is a flag of the commands that delete or revoke in bulk.
type confirmed struct {
	Yes bool `help:"Do it without asking. Required where there is no terminal to ask on."`
}

var (
	errNotAsked = errors.New("this cannot be undone, and there is no terminal to ask on; " +
		"nothing was changed: add --yes to do it")
	errNotAnswered = errors.New("not confirmed; nothing was changed")
)

// confirm returns nil if the flag is set or a person at the terminal answers
// yes.
func (f confirmed) confirm(ctx context.Context, s *streams, format string, args ...any) error {
	if f.Yes {
		return nil
	}
	file, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return usageError{errNotAsked}
	}
	for i, arg := range args {
		args[i] = cell(arg)
	}
	fmt.Fprintf(s.err, format+" This cannot be undone. [y/N] ", args...)
	answer, err := await(ctx, func() (string, error) { return readLine(s.in) })
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errNotAnswered
}
