package models

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm/schema"
)

// UserAttributeSimilarity refuses passwords that are like something known of the user, or a word of it, without case (Django:
// UserAttributeSimilarityValidator). Similarity is the part of the characters that both have in common, in any order: 1 for the
// same characters.
type UserAttributeSimilarity struct {
	Attributes    []string // columns of the user model, those that it has not are ignored; default: username, first_name, last_name, email
	MaxSimilarity float64  // a password as similar as that is refused; at least 0.1; default: 0.7
}

var (
	_ PasswordHelper    = UserAttributeSimilarity{}
	_ PasswordValidator = UserAttributeSimilarity{}
)

var defaultAttributes = []string{"username", "first_name", "last_name", "email"}

// Validate implements [PasswordValidator].
func (v UserAttributeSimilarity) Validate(_ context.Context, password string, user UserModel) error {
	limit := cmp.Or(v.MaxSimilarity, 0.7)
	if limit < 0.1 {
		return errors.New("models: UserAttributeSimilarity: MaxSimilarity must be at least 0.1")
	}
	attributes := v.Attributes
	if attributes == nil {
		attributes = defaultAttributes
	}
	password = strings.ToLower(password)
	for _, name := range attributes {
		value := strings.ToLower(attribute(user, name))
		if value == "" {
			continue
		}
		for _, part := range append(words(value), value) {
			if !muchLonger(password, part, limit) && quickRatio(password, part) >= limit {
				return PasswordObjection{"The password is too similar to the " + inWords(user, name) + ".", "password_too_similar"}
			}
		}
	}
	return nil
}

// HelpText implements [PasswordHelper].
func (UserAttributeSimilarity) HelpText() string {
	return "Your password can’t be too similar to your other personal information."
}

// muchLonger spares the comparison of what cannot be similar (Django: exceeds_maximum_length_ratio).
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

// words splits at what is no letter, digit or underscore, as Python's re.split(r"\W+") does: there is an empty word before or after
// a separator at the end.
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

var validatedSchemas sync.Map

// attribute returns what the user has in a column that holds text, else "".
func attribute(user UserModel, column string) string {
	value := reflect.Indirect(reflect.ValueOf(user))
	if !value.IsValid() || value.Kind() != reflect.Struct {
		return ""
	}
	s, err := schema.Parse(user, &validatedSchemas, schema.NamingStrategy{})
	if err != nil || s.FieldsByDBName[column] == nil {
		return ""
	}
	content, _ := s.FieldsByDBName[column].ValueOf(context.Background(), value)
	text := reflect.Indirect(reflect.ValueOf(content))
	if !text.IsValid() || text.Kind() != reflect.String {
		return ""
	}
	return text.String()
}

// inWords is what Django calls a column.
func inWords(user UserModel, column string) string {
	if _, ok := user.(*User); ok && column == "email" {
		return "email address"
	}
	return strings.ReplaceAll(column, "_", " ")
}
