package commands

import (
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/alecthomas/kong"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

// commandError is a failure in Django's own words, which are not ours to choose
// (django.core.management.CommandError).
type commandError string

func (e commandError) Error() string { return "CommandError: " + string(e) }

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// misuse turns kong's error into one that says where to find help.
func misuse(err error, command string) error {
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context.Selected() != nil {
		command = parse.Context.Selected().FullPath()
	}
	text := secret.ReplaceAllString(err.Error(), "$1[redacted]")
	text = address.ReplaceAllString(text, "$1[redacted]")
	return usageError{fmt.Errorf("%s; see %s --help", text, command)}
}

// secret and address match the parts of a misplaced database name that kong
// must not quote: URLs and key=value, and user:password@server.
var (
	secret  = regexp.MustCompile(`(?is)(://|(?:password|pwd)\s*=).*`)
	address = regexp.MustCompile(`(?s)([^\s:@/]:)\S.*@.*`)
)

var newlines = regexp.MustCompile(`\s*\n\s*`)

// report prints an error as one line, and returns the exit code that goes with
// it.
func report(err error, program string, stderr io.Writer) (exitCode int) {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[commandError](err); ok {
		fmt.Fprintln(stderr, newlines.ReplaceAllLiteralString(err.Error(), " "))
		return exitFailure
	}
	fmt.Fprintf(stderr, "%s: %s\n", program, newlines.ReplaceAllLiteralString(err.Error(), " "))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailure
}
