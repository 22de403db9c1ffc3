package commands

import (
	"fmt"
	"os"
)

// caught calls f and returns a panic of it, e.g. of the application's Routes,
// as an error, unless GOTRACEBACK asks for the stack. Of a value that is no text
// it names the type: a struct may hold a secret.
func caught(f func() error) (err error) {
	if level := os.Getenv("GOTRACEBACK"); level != "" && level != "none" {
		return f()
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error, string:
			err = fmt.Errorf("panic: %v (GOTRACEBACK=all shows where)", p)
		default:
			err = fmt.Errorf("panic: a %T (GOTRACEBACK=all shows where)", p)
		}
	}()
	return f()
}
