package replay

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// A Response is an answer in the normal form in which answers are compared.
type Response struct {
	Status  int
	Headers map[string]string // the compared ones, by lower-case name
	Body    any               // decoded JSON with [json.Number], or else a string; nil if empty
	Cookies map[string]string // the cookies that were set, not those that were deleted
}

// compared are the headers that take part, besides Set-Cookie.
var compared = [...]string{
	"www-authenticate", "retry-after", "allow", "content-type", "vary", "x-error-code", "location",
}

// Normalise brings an answer into the form in which answers are compared:
//
//   - of the headers only those that state a policy, and Content-Type if there
//     is a body, without its parameters;
//   - Allow and Vary as sets, sorted and in one case;
//   - of Set-Cookie the names only, sorted, "name (deleted)" for a cookie that
//     has expired;
//   - JSON bodies decoded, other bodies as text, U+FFFD in place of what is not
//     UTF-8.
func Normalise(status int, header http.Header, body []byte) Response {
	headers := make(map[string]string)
	for _, name := range compared {
		if lines := header.Values(name); len(lines) > 0 {
			headers[name] = normaliseHeader(name, decodeLatin1(strings.Join(lines, ", ")))
		}
	}
	if len(body) == 0 {
		delete(headers, "content-type")
	}
	jar := newJar(header.Values("Set-Cookie"))
	if len(jar) > 0 {
		headers["set-cookie"] = jar.String()
	}
	return Response{
		Status:  status,
		Headers: headers,
		Body:    normaliseBody(headers["content-type"], body),
		Cookies: jar.live(),
	}
}

func normaliseHeader(name, value string) string {
	switch name {
	case "allow":
		return normaliseSet(value, strings.ToUpper)
	case "vary":
		return normaliseSet(value, title)
	case "content-type":
		mediaType, _, _ := strings.Cut(value, ";")
		return strings.ToLower(strings.TrimSpace(mediaType))
	default:
		return value
	}
}

// normaliseSet sorts the members of a comma-separated list and drops empty and
// repeated ones.
func normaliseSet(list string, spelling func(string) string) string {
	var members []string
	for member := range strings.SplitSeq(list, ",") {
		if member = strings.TrimSpace(member); member != "" {
			members = append(members, spelling(member))
		}
	}
	slices.Sort(members)
	return strings.Join(slices.Compact(members), ", ")
}

// title is Python's str.title, by which the corpus was recorded: any letter
// after a non-letter is a capital.
func title(text string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		convert := unicode.ToTitle
		if inWord {
			convert = unicode.ToLower
		}
		inWord = unicode.IsLetter(r)
		return convert(r)
	}, text)
}

func normaliseBody(mediaType string, body []byte) any {
	if len(body) == 0 {
		return nil
	}
	text := string([]rune(string(body))) // the conversion replaces invalid bytes
	if strings.Contains(mediaType, "json") {
		var value any
		if err := decode([]byte(text), &value); err == nil {
			return value
		}
	}
	return text
}
