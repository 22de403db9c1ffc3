package python

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// Int parses a number as Python's int(text) does, which is how Django reads a
// key from a path. It accepts surrounding white space, a sign, single
// underscores between digits, and the decimal digits of every script. The error
// is [strconv.ErrRange] if the number does not fit into 64 bits, and
// [strconv.ErrSyntax] if the text is not a number, which includes one of more
// than 4300 digits (sys.int_info.default_max_str_digits).
func Int(text string) (number int64, err error) {
	digits, ok := asciiDigits(strings.TrimFunc(text, IsSpace))
	if !ok {
		return 0, strconv.ErrSyntax
	}
	number, err = strconv.ParseInt(digits, 10, 64)
	return number, errors.Unwrap(err)
}

const maxDigits = 4300

// asciiDigits returns the sign and the digits of a number. ok is false if the
// text is not one.
func asciiDigits(text string) (number string, ok bool) {
	digits := make([]byte, 0, len(text))
	previous := '_'
	for i, r := range text {
		switch {
		case i == 0 && (r == '-' || r == '+'):
			digits = append(digits, byte(r))
			continue
		case r == '_':
			if previous == '_' {
				return "", false
			}
		case unicode.Is(unicode.Nd, r):
			digits = append(digits, digit(r))
		default:
			return "", false
		}
		previous = r
	}
	return string(digits), previous != '_' && len(digits) <= maxDigits
}

// digit returns the ASCII digit of the same value. Unicode keeps the ten digits
// of a script together, in order.
func digit(r rune) byte {
	for _, table := range unicode.Nd.R16 {
		if rune(table.Lo) <= r && r <= rune(table.Hi) {
			return byte('0' + (r-rune(table.Lo))%10)
		}
	}
	for _, table := range unicode.Nd.R32 {
		if rune(table.Lo) <= r && r <= rune(table.Hi) {
			return byte('0' + (r-rune(table.Lo))%10)
		}
	}
	return 0
}
