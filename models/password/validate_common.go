package password

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	_ "embed" // the list
	"strings"
	"sync"

	"github.com/ginauth/ginauth/internal/python"
)

// CommonPassword refuses passwords in a list of common ones, ignoring case and
// surrounding blanks (Django: CommonPasswordValidator).
type CommonPassword struct {
	List map[string]bool // in lower case; default: Django's list of about 20,000
}

var _ Validator = CommonPassword{}

// Validate implements [Validator].
func (v CommonPassword) Validate(_ context.Context, password string, _ Owner) error {
	list := v.List
	if list == nil {
		var err error
		if list, err = djangosList(); err != nil {
			return err
		}
	}
	if list[strings.TrimFunc(strings.ToLower(password), python.IsSpace)] {
		return Objection{"This password is too common.", "password_too_common"}
	}
	return nil
}

// HelpText implements [Validator].
func (CommonPassword) HelpText() string { return "Your password can’t be a commonly used password." }

//go:embed commonpasswords/list.txt.gz
var compressedList []byte

// djangosList reads the list on first use; from then on it takes about two
// megabytes.
var djangosList = sync.OnceValues(func() (map[string]bool, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressedList))
	if err != nil {
		return nil, err
	}
	list := map[string]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		list[strings.TrimFunc(lines.Text(), python.IsSpace)] = true
	}
	return list, lines.Err()
})
