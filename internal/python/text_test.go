package python_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/python"
)

func TestIsSpace(t *testing.T) {
	for r, want := range map[rune]bool{
		' ': true, '\t': true, '\x1c': true, '\x1f': true, '\u00a0': true, '\u2028': true,
		'\x1b': false, '\u200b': false, 'x': false, 0: false,
	} {
		if python.IsSpace(r) != want {
			t.Errorf("%U: %v", r, !want)
		}
	}
}

func TestFromLatin1(t *testing.T) {
	for text, want := range map[string]string{"": "", "abc": "abc", "\xe9\x80\xff": "\u00e9\u0080\u00ff"} {
		if got := python.FromLatin1([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestInt(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "17": 17, "\u00a0-3\u2028": -3, "+8": 8, "1_000": 1000, "\u0663": 3, "\x1c5\x1f": 5, "9223372036854775807": 1<<63 - 1,
	} {
		if got, err := python.Int(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": strconv.ErrSyntax, " ": strconv.ErrSyntax, "_1": strconv.ErrSyntax, "1_": strconv.ErrSyntax, "1__0": strconv.ErrSyntax,
		"1.0": strconv.ErrSyntax, "0x1": strconv.ErrSyntax, "--1": strconv.ErrSyntax, "+": strconv.ErrSyntax, "\u00b2": strconv.ErrSyntax,
		"1 2": strconv.ErrSyntax, strings.Repeat("9", 4301): strconv.ErrSyntax,
		"9223372036854775808": strconv.ErrRange, "-9223372036854775809": strconv.ErrRange, strings.Repeat("9", 4300): strconv.ErrRange,
	} {
		if got, err := python.Int(text); err != want {
			t.Errorf("%.20q is %d, %v, want %v", text, got, err, want)
		}
	}
}
