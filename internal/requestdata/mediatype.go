package requestdata

import "strings"

// mediaType is a Content-Type as DRF's _MediaType reads it: parsing never
// fails, and matching is loose.
type mediaType struct {
	main, sub string
	params    map[string]string
}

func parseMediaType(header string) mediaType {
	full, rest, _ := strings.Cut(header, ";")
	m := mediaType{params: map[string]string{}}
	m.main, m.sub, _ = strings.Cut(strings.ToLower(strings.TrimSpace(full)), "/")
	for rest != "" {
		var param string
		param, rest = cutParam(rest)
		if key, value, ok := strings.Cut(param, "="); ok {
			m.set(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	return m
}

// set keeps only the parameters that this package reads; a client may send any
// number of others.
func (m mediaType) set(key, value string) {
	for _, name := range [...]string{"boundary", "charset"} {
		if len(key) == len(name) && strings.ToLower(key) == name {
			m.params[name] = unquote(value)
		}
	}
}

// is reports whether the media type is that of a parser, without wildcards.
func (m mediaType) is(p Parser) bool { return m.main+"/"+m.sub == string(p) }

// cutParam cuts s at the first semicolon that is not within quotes.
func cutParam(s string) (param, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"' && (i == 0 || s[i-1] != '\\'):
			quoted = !quoted
		case s[i] == ';' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1])
}

// matches reports whether a parser accepts the media type; "*" matches on
// either side of the slash.
func (m mediaType) matches(p Parser) bool {
	main, sub, _ := strings.Cut(string(p), "/")
	return (m.main == main || m.main == "*") && (m.sub == sub || m.sub == "*")
}

func (m mediaType) charset() charset {
	switch strings.ReplaceAll(strings.ToLower(m.params["charset"]), "_", "-") {
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1":
		return latin1
	case "ascii", "us-ascii":
		return ascii
	}
	return utf8Charset
}
