package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// newPassword reads a new password for the user: from a terminal, or else the
// first line of standard input. Like Django's createsuperuser and
// changepassword it applies the password validators of the database.
func newPassword(
	ctx context.Context, s *streams, users *models.Users, user models.UserModel, flags passwordFlags,
) (string, error) {
	raw, err := readPassword(ctx, s)
	switch {
	case err != nil:
		return "", fmt.Errorf("password: %w", err)
	case raw == "":
		return "", errors.New("the password is empty; nothing was changed")
	case len(raw) > password.MaxBytes:
		return "", fmt.Errorf("the password is longer than %d bytes; nothing was changed", password.MaxBytes)
	}
	if flags.InsecureSkipValidation {
		return raw, nil
	}
	err = users.ValidatePassword(ctx, raw, user)
	if refusal, ok := errors.AsType[*password.Error](err); ok {
		return "", fmt.Errorf("nothing was changed: %w", refusal)
	}
	return raw, err
}

func readPassword(ctx context.Context, s *streams) (string, error) {
	if file, ok := s.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return terminal{int(file.Fd()), s.err}.askTwice(ctx)
	}
	return await(ctx, func() (string, error) { return readLine(s.in) })
}

// readLine reads up to a newline, which it drops, and no further: the rest is
// for the next reader. It gives up on a line that is too long for a password.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) <= password.MaxBytes; line = append(line, b[0]) {
		_, err := io.ReadFull(r, b)
		if err == io.EOF || err == nil && b[0] == '\n' {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(line), nil
}
