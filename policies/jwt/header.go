package jwt

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// bearer returns the token in the Authorization header, or [ginauth.ErrNoCredentials] if the header is absent or of another scheme
// (simplejwt: get_header, get_raw_token). The scheme is compared to the letter; words are separated by ASCII white space, and
// repeated headers are one value joined with commas.
func bearer(c *gin.Context, types []string) (token string, err error) {
	header := ""
	switch lines := c.Request.Header["Authorization"]; len(lines) {
	case 0:
		return "", ginauth.ErrNoCredentials
	case 1:
		header = lines[0]
	default:
		header = strings.Join(lines, ",")
	}
	scheme, rest := nextWord(header)
	if !slices.Contains(types, scheme) {
		return "", ginauth.ErrNoCredentials
	}
	token, rest = nextWord(rest)
	if more, _ := nextWord(rest); token == "" || more != "" {
		return "", refuse("Authorization header must contain two space-delimited values", "bad_authorization_header")
	}
	return token, nil
}

// nextWord cuts the first word off s.
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

// isSpace is Python's bytes.isspace.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
