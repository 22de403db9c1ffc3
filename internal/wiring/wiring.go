// Package wiring checks the arguments of constructors. What cannot work panics
// at start, with the name of the constructor, such as "policies: Session".
package wiring

import "strings"

// Config returns the one config that a constructor was given, or the zero
// value. Optional configs are variadic so that calls may leave them out.
func Config[T any](constructor string, configs []T) (config T) {
	switch len(configs) {
	case 0:
		return config
	case 1:
		return configs[0]
	}
	panic(constructor + " takes one config")
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
