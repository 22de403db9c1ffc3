package policies

import "strings"

// decodeBase64 decodes as Python's base64.b64decode does since Python 3.13, with
// which DRF reads Basic credentials: characters outside the alphabet are
// skipped, and so is padding that is not at the end. ok is false if the data
// ends within a group of four that is not padded.
func decodeBase64(s string) (decoded []byte, ok bool) {
	decoded = make([]byte, 0, len(s)*3/4)
	var group uint32 // the bits of the group so far
	digits, padding := 0, 0
	for i := range len(s) {
		if s[i] == '=' {
			padding++
			continue
		}
		digit := strings.IndexByte(base64Alphabet, s[i])
		if digit < 0 {
			continue
		}
		padding = 0
		group = group<<6 | uint32(digit)
		digits++
		switch digits {
		case 2:
			decoded = append(decoded, byte(group>>4))
		case 3:
			decoded = append(decoded, byte(group>>2))
		case 4:
			decoded = append(decoded, byte(group))
			group, digits = 0, 0
		}
	}
	return decoded, digits == 0 || digits >= 2 && digits+padding >= 4
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
