// Package panics catches the panics that tests expect.
package panics

import "fmt"

// Of calls f and returns the text with which it panics, or "" if it returns.
func Of(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}
