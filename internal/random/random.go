// Package random makes texts that cannot be guessed.
package random

import "crypto/rand"

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// Alphanumeric returns n letters and digits of ASCII, each as likely as any other
// (Django: get_random_string).
func Alphanumeric(n int) string {
	// Bytes from here on are dropped: they would make the first letters more
	// likely than the others.
	const limit = 256 - 256%len(alphanumeric)
	text := make([]byte, 0, n)
	for buf := make([]byte, 2*n); len(text) < n; {
		rand.Read(buf) // never fails, see crypto/rand
		for _, b := range buf {
			if int(b) < limit && len(text) < n {
				text = append(text, alphanumeric[int(b)%len(alphanumeric)])
			}
		}
	}
	return string(text)
}
