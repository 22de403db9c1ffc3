// Package requestdata reads request bodies as DRF's request.data does: JSON, forms and multipart forms, chosen by Content-Type,
// with DRF's answers to what is malformed.
package requestdata

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/ginauth/ginauth/ginauth"
)

// Parser is a media type that a route reads.
type Parser string

// The parsers, by the media type of DRF's class.
const (
	JSON      Parser = "application/json"                  // JSONParser
	Form      Parser = "application/x-www-form-urlencoded" // FormParser
	Multipart Parser = "multipart/form-data"               // MultiPartParser
)

// Data is a parsed body: JSON, or the fields of a form. An empty body is neither.
type Data struct {
	JSON json.RawMessage
	Form map[string]Field // the last value of each field
}

// Field is a field of a form.
type Field struct {
	Text string
	File bool // an uploaded file, whose content is dropped
}

// maxFields is the number of form fields that Django reads before it answers 400 (DATA_UPLOAD_MAX_NUMBER_FIELDS).
const maxFields = 1000

// Read reads the body of r, of at most limit bytes, with the first parser that its Content-Type matches. A body that is
// empty needs no Content-Type. Errors are *[ginauth.Error]s: 400, 413 or 415.
func Read(r *http.Request, limit int64, parsers ...Parser) (Data, error) {
	if r.Body == nil { // a request that a test has made
		return Data{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return Data{}, ginauth.ParseError().Because(err)
	}
	if int64(len(body)) > limit {
		return Data{}, ginauth.RequestTooLarge()
	}
	if len(body) == 0 {
		return Data{}, nil
	}
	header := r.Header.Get("Content-Type")
	media := parseMediaType(header)
	for _, parser := range parsers {
		if media.matches(parser) {
			return parser.parse(body, media)
		}
	}
	return Data{}, ginauth.UnsupportedMediaType(header)
}

func (p Parser) parse(body []byte, media mediaType) (Data, error) {
	switch p {
	case JSON:
		return parseJSON(body, media.charset())
	case Form:
		return parseForm(body, media.charset())
	case Multipart:
		return parseMultipart(body, media)
	}
	panic("requestdata: no such parser: " + string(p))
}

func parseJSON(body []byte, charset charset) (Data, error) {
	text, ok := charset.decode(body)
	if !ok {
		return Data{}, jsonError("invalid " + string(charset))
	}
	var value json.RawMessage
	if err := json.Unmarshal(text, &value); err != nil {
		return Data{}, jsonError(err.Error())
	}
	return Data{JSON: value}, nil
}

func jsonError(what string) error {
	return ginauth.ParseError().WithDetail("JSON parse error - " + what)
}

// charset is the encoding that a Content-Type declares. Like Django, what is unknown is read as UTF-8.
type charset string

const (
	utf8Charset charset = "utf-8"
	ascii       charset = "ascii"
	latin1      charset = "latin-1"
)

// decode returns the text in UTF-8. ok is false if it is not of the charset.
func (c charset) decode(b []byte) (text []byte, ok bool) {
	switch c {
	case latin1:
		return []byte(string(bytesToRunes(b))), true
	case ascii:
		return b, !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	return b, utf8.Valid(b)
}

func bytesToRunes(b []byte) []rune {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return runes
}
