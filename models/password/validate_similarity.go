package password

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UserAttributeSimilarity refuses passwords that resemble an attribute of the
// user, or a word of one, ignoring case (Django:
// UserAttributeSimilarityValidator). Similarity is the fraction of characters
// that both have in common, in any order: 1 for the same characters.
type UserAttributeSimilarity struct {
	// columns of the user model; others are ignored; default: username,
	// first_name, last_name, email
	Attributes    []string
	MaxSimilarity float64 // a password as similar as this is refused; at least 0.1; default: 0.7
}

var _ Validator = UserAttributeSimilarity{}

var defaultAttributes = []string{"username", "first_name", "last_name", "email"}

// Validate implements [Validator].
func (v UserAttributeSimilarity) Validate(_ context.Context, password string, user Owner) error {
	limit := cmp.Or(v.MaxSimilarity, 0.7)
	if limit < 0.1 {
		return errors.New("password: UserAttributeSimilarity: MaxSimilarity must be at least 0.1")
	}
	if user == nil {
		return nil
	}
	attributes := v.Attributes
	if attributes == nil {
		attributes = defaultAttributes
	}
	password = strings.ToLower(password)
	for _, name := range attributes {
		text, label := user.Attribute(name)
		value := strings.ToLower(text)
		if value == "" {
			continue
		}
		for _, part := range append(words(value), value) {
			if !muchLonger(password, part, limit) && quickRatio(password, part) >= limit {
				return Objection{"The password is too similar to the " + label + ".", "password_too_similar"}
			}
		}
	}
	return nil
}

// HelpText implements [Validator].
func (UserAttributeSimilarity) HelpText() string {
	return "Your password can’t be too similar to your other personal information."
}

// muchLonger saves comparing texts that cannot be similar (Django:
// exceeds_maximum_length_ratio).
func muchLonger(password, part string, limit float64) bool {
	length, partLength := utf8.RuneCountInString(password), utf8.RuneCountInString(part)
	return length >= 10*partLength && float64(partLength) < limit/2*float64(length)
}

// quickRatio is difflib's SequenceMatcher.quick_ratio.
func quickRatio(a, b string) float64 {
	available, lengthA, lengthB, matches := map[rune]int{}, 0, 0, 0
	for _, r := range b {
		available[r]++
		lengthB++
	}
	for _, r := range a {
		if available[r] > 0 {
			matches++
		}
		available[r]--
		lengthA++
	}
	if lengthA+lengthB == 0 {
		return 1
	}
	return 2 * float64(matches) / float64(lengthA+lengthB)
}

// words splits s at everything but letters, digits and underscores, as Python's
// re.split(r"\W+") does: there is an empty word before or after a separator at
// an end.
func words(s string) (list []string) {
	start, inWord := 0, true
	for i, r := range s {
		word := unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_'
		switch {
		case inWord && !word:
			list = append(list, s[start:i])
		case !inWord && word:
			start = i
		}
		inWord = word
	}
	if !inWord {
		start = len(s)
	}
	return append(list, s[start:])
}
