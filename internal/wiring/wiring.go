// Package wiring checks the arguments of constructors. What cannot work panics
// at start, with the name of the constructor, such as "policies: Session".
package wiring

import "strings"

// Config returns the one config that a constructor was given, or the zero
// value. Optional configs are variadic so that calls may leave them out.
func Config[T any](constructor string, configs []T) (config T) {
	return Optional(constructor, "config", configs)
}

// Optional returns the one value of an option that a constructor was given, or
// the zero value. what names the option.
func Optional[T any](constructor, what string, values []T) (value T) {
	switch len(values) {
	case 0:
		return value
	case 1:
		return values[0]
	}
	panic(constructor + " takes one " + what)
}

// Check panics if there is an error.
func Check(constructor string, err error) {
	if err != nil {
		panic(constructor + ": " + err.Error())
	}
}

// IsWord reports whether a setting is one word of ASCII letters, digits and
// -_., which can stand in a header.
func IsWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r)
	})
}
