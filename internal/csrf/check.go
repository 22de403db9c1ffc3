package csrf

import "unicode/utf8"

// SentBack is the token that a request sends back, and where it stands.
type SentBack struct {
	Token  string
	There  bool   // the request has the field or the header
	Header string // the header's name, as Django spells it; empty for a posted form
}

// CheckToken compares a token with the cookie. It returns nil if both are of
// one secret.
func (s Site) CheckToken(cookie string, sent SentBack) *Failure {
	if s.OneReason {
		if !Match(cookie, sent.Token) {
			return &Failure{"CSRF token missing or incorrect.", "wrong token"}
		}
		return nil
	}
	if flaw := flawOf(cookie); flaw != "" {
		return &Failure{"CSRF cookie " + flaw + ".", "malformed cookie"}
	}
	if !sent.There {
		return &Failure{"CSRF token missing.", "no token"}
	}
	flaw := flawOf(sent.Token)
	if flaw == "" && !Match(cookie, sent.Token) {
		flaw = "incorrect"
	}
	if flaw == "" {
		return nil
	}
	return &Failure{"CSRF token from " + sent.place() + " " + flaw + ".", "wrong token"}
}

func (s SentBack) place() string {
	if s.Header == "" {
		return "POST"
	}
	return "the '" + s.Header + "' HTTP header"
}

// flawOf returns what is wrong with the form of a cookie or a token, in Django's
// words, or "".
func flawOf(text string) string {
	if n := utf8.RuneCountInString(text); n != secretLength && n != 2*secretLength {
		return "has incorrect length"
	}
	if _, ok := SecretOf(text); !ok {
		return "has invalid characters"
	}
	return ""
}
