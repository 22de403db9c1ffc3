// Package random generates text that cannot be guessed.
package random

import "crypto/rand"

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// Alphanumeric returns n ASCII letters and digits, each equally likely (Django:
// get_random_string).
func Alphanumeric(n int) string {
	// Bytes from here on are dropped, because they would make the first letters
	// more likely than the others.
	const limit = 256 - 256%len(alphanumeric)
	text := make([]byte, 0, n)
	for buf := make([]byte, 2*n); len(text) < n; {
		rand.Read(buf) // never fails; see crypto/rand
		for _, b := range buf {
			if int(b) < limit && len(text) < n {
				text = append(text, alphanumeric[int(b)%len(alphanumeric)])
			}
		}
	}
	return string(text)
}
