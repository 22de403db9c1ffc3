package python

import (
	"strconv"
	"strings"
	"unicode"
)

// Int parses a number as Python's int(text) does, which is how Django reads a
// key from a path. It accepts surrounding white space, a sign, single
// underscores between digits, and the decimal digits of every script. ok is
// false if the text is not a number or the number does not fit into 64 bits.
func Int(text string) (number int64, ok bool) {
	text = strings.TrimFunc(text, IsSpace)
	digits := make([]byte, 0, len(text))
	previous := '_'
	for i, r := range text {
		switch {
		case i == 0 && (r == '-' || r == '+'):
			digits = append(digits, byte(r))
			continue
		case r == '_':
			if previous == '_' {
				return 0, false
			}
		case unicode.Is(unicode.Nd, r):
			digits = append(digits, digit(r))
		default:
			return 0, false
		}
		previous = r
	}
	if previous == '_' {
		return 0, false
	}
	number, err := strconv.ParseInt(string(digits), 10, 64)
	return number, err == nil
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
