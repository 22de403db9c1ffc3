package policies

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// credentials returns what follows the scheme in the Authorization header, as DRF reads it: repeated headers are one value
// joined with commas, words are separated by ASCII white space and the scheme is compared without ASCII case. words counts the
// words after the scheme, of which word is the first. ok is false if the header is absent or of another scheme.
func credentials(c *gin.Context, scheme string) (word string, words int, ok bool) {
	header := ""
	switch values := c.Request.Header["Authorization"]; len(values) {
	case 0:
		return "", 0, false
	case 1:
		header = values[0]
	default:
		header = strings.Join(values, ",")
	}
	first, rest := nextWord(header)
	if !equalFold(first, scheme) {
		return "", 0, false
	}
	word, rest = nextWord(rest)
	if word == "" {
		return "", 0, true
	}
	if more, _ := nextWord(rest); more != "" {
		return word, 2, true // how many there are makes no difference
	}
	return word, 1, true
}

// nextWord cuts the first word off s at ASCII white space.
func nextWord(s string) (word, rest string) {
	start := 0
	for start < len(s) && isSpace(s[start]) {
		start++
	}
	end := start
	for end < len(s) && !isSpace(s[end]) {
		end++
	}
	return s[start:end], s[end:]
}

// isSpace is Python's bytes.isspace, which knows no Unicode.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

// equalFold compares without ASCII case. strings.EqualFold would take a Kelvin sign for a k.
func equalFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
