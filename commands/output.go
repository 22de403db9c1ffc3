package commands

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// streams are the standard streams of a command. Text written to out and err
// cannot send commands to a terminal: see [visible].
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// say prints a line of output. Strings among args are made [printable]: most
// come from the database, where other people have chosen them.
func (s *streams) say(format string, args ...any) error {
	for i, arg := range args {
		args[i] = cell(arg)
	}
	_, err := fmt.Fprintf(s.out, format+"\n", args...)
	return err
}

// json prints a value as JSON.
func (s *streams) json(value any) error {
	out := json.NewEncoder(s.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// cell returns a value in the form in which it is printed.
func cell(value any) any {
	if reflect.ValueOf(value).Kind() == reflect.String {
		return printable(fmt.Sprint(value))
	}
	return value
}

// printable quotes a text with characters that would garble a line or a table,
// or send commands to the terminal.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(text) {
		return strconv.Quote(text)
	}
	return text
}

// visible escapes what is written to w, except for newlines and tabs: control
// characters, including those that begin a terminal's commands, characters that
// change the direction of a text or cannot be seen, and bytes that are not
// UTF-8. Characters are escaped as in JSON, so that JSON remains valid and
// unchanged.
type visible struct{ w io.Writer }

func (v visible) Write(p []byte) (int, error) {
	if _, err := v.w.Write(escape(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func escape(p []byte) []byte {
	escaped := make([]byte, 0, len(p))
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && size == 1:
			escaped = fmt.Appendf(escaped, `\x%02x`, p[0])
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			escaped = append(escaped, p[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
		p = p[size:]
	}
	return escaped
}
