package password

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MinimumLength refuses short passwords (Django: MinimumLengthValidator).
type MinimumLength struct {
	Length int // in characters; default: 8
}

// NumericPassword refuses passwords that consist of digits only (Django:
// NumericPasswordValidator).
type NumericPassword struct{}

var (
	_ Validator = MinimumLength{}
	_ Validator = NumericPassword{}
)

// Validate implements [Validator].
func (v MinimumLength) Validate(_ context.Context, password string, _ Owner) error {
	if utf8.RuneCountInString(password) >= v.length() {
		return nil
	}
	message := "This password is too short. It must contain at least " + v.characters() + "."
	return Objection{message, "password_too_short"}
}

// HelpText implements [Validator].
func (v MinimumLength) HelpText() string {
	return "Your password must contain at least " + v.characters() + "."
}

func (v MinimumLength) length() int { return cmp.Or(v.Length, 8) }

func (v MinimumLength) characters() string {
	if v.length() == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", v.length())
}

// Validate implements [Validator].
func (NumericPassword) Validate(_ context.Context, password string, _ Owner) error {
	notDigit := func(r rune) bool { return !unicode.In(r, unicode.Nd, otherDigits) }
	if password == "" || strings.ContainsFunc(password, notDigit) {
		return nil
	}
	return Objection{"This password is entirely numeric.", "password_entirely_numeric"}
}

// HelpText implements [Validator].
func (NumericPassword) HelpText() string { return "Your password can’t be entirely numeric." }

// otherDigits holds the characters that Python's str.isdigit accepts besides
// decimal digits: those with the property Numeric_Type=Digit, such as
// superscripts and circled digits.
var otherDigits = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xb2, Hi: 0xb3, Stride: 1}, {Lo: 0xb9, Hi: 0xb9, Stride: 1}, {Lo: 0x1369, Hi: 0x1371, Stride: 1},
		{Lo: 0x19da, Hi: 0x19da, Stride: 1}, {Lo: 0x2070, Hi: 0x2070, Stride: 1}, {Lo: 0x2074, Hi: 0x2079, Stride: 1},
		{Lo: 0x2080, Hi: 0x2089, Stride: 1}, {Lo: 0x2460, Hi: 0x2468, Stride: 1}, {Lo: 0x2474, Hi: 0x247c, Stride: 1},
		{Lo: 0x2488, Hi: 0x2490, Stride: 1}, {Lo: 0x24ea, Hi: 0x24ea, Stride: 1}, {Lo: 0x24f5, Hi: 0x24fd, Stride: 1},
		{Lo: 0x24ff, Hi: 0x24ff, Stride: 1}, {Lo: 0x2776, Hi: 0x277e, Stride: 1}, {Lo: 0x2780, Hi: 0x2788, Stride: 1},
		{Lo: 0x278a, Hi: 0x2792, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10a40, Hi: 0x10a43, Stride: 1}, {Lo: 0x10e60, Hi: 0x10e68, Stride: 1},
		{Lo: 0x11052, Hi: 0x1105a, Stride: 1}, {Lo: 0x1f100, Hi: 0x1f10a, Stride: 1},
	},
	LatinOffset: 2,
}
