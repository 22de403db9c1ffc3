// Package requestdata reads request bodies as DRF's request.data does: JSON,
// forms and multipart forms, chosen by Content-Type, with DRF's answers to
// malformed bodies.
package requestdata

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/jsonobject"
)

// Parser is a media type that a route accepts.
type Parser string

// The parsers are the media types of DRF's classes.
const (
	JSON      Parser = "application/json"                  // JSONParser
	Form      Parser = "application/x-www-form-urlencoded" // FormParser
	Multipart Parser = "multipart/form-data"               // MultiPartParser
)

// Data is a parsed body: JSON, or the fields of a form. For an empty body both
// are unset.
type Data struct {
	JSON json.RawMessage
	Form map[string]Field // the last value of each field
}

// Member returns the value of a member of the JSON object that the client sent,
// or the last one if the name is repeated. It finds nothing in any other JSON
// value or in a form.
func (d Data) Member(name string) (value json.RawMessage, ok bool) {
	if !jsonobject.IsObject(d.JSON) {
		return nil, false
	}
	return jsonobject.Get(d.JSON, name)
}

// Field is a field of a form.
type Field struct {
	Text string
	File bool // an uploaded file, whose content is dropped
}

// maxFields is the number of form fields that Django reads before it answers
// 400 (DATA_UPLOAD_MAX_NUMBER_FIELDS).
const maxFields = 1000

// Read reads the body of r, of at most limit bytes, with the first parser that
// matches its Content-Type. An empty body needs no Content-Type. Errors are
// *[ginauth.Error]s: 400, 413 or 415.
//
// The body is read and parsed once, however often Read, Within and FormField
// are called, and other code can read it again. A form that other code has
// already parsed, with ParseForm or Gin's PostForm, is taken from the request.
func Read(r *http.Request, limit int64, parsers ...Parser) (Data, error) {
	if r.Body == nil { // a request created by a test
		return Data{}, nil
	}
	body, err := within(r, limit)
	if err != nil {
		return Data{}, err
	}
	if len(body.start) == 0 {
		return Data{Form: formOf(r)}, nil
	}
	header := r.Header.Get("Content-Type")
	media := parseMediaType(header)
	for _, parser := range parsers {
		if media.matches(parser) {
			return body.parse(parser, media, limit)
		}
	}
	return Data{}, ginauth.UnsupportedMediaType(header)
}

// Within refuses a body of more than limit bytes, before other code reads it:
// with 413, or 400 if it cannot be read.
func Within(r *http.Request, limit int64) error {
	if r.Body == nil {
		return nil
	}
	_, err := within(r, limit)
	return err
}

// FormField returns a field of the form in the first limit bytes of the body.
// The whole body can still be read afterwards. A body of another type, or one
// that cannot be read, has no fields.
func FormField(r *http.Request, limit int64, name string) (Field, error) {
	if field, ok := formOf(r)[name]; ok {
		return field, nil
	}
	media := parseMediaType(r.Header.Get("Content-Type"))
	for _, parser := range []Parser{Form, Multipart} {
		if r.Body == nil || !media.is(parser) {
			continue
		}
		body, err := buffer(r, limit)
		if err != nil {
			return Field{}, nil //nolint:nilerr // the client has gone; Django takes the field to be missing
		}
		data, err := body.parse(parser, media, limit)
		return data.Form[name], err
	}
	return Field{}, nil
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
	if err := json.Unmarshal(text, &valid{}); err != nil {
		return Data{}, jsonError(err.Error())
	}
	return Data{JSON: bytes.TrimSpace(text)}, nil
}

// valid is any JSON value, which is checked and then discarded.
type valid struct{}

func (*valid) UnmarshalJSON([]byte) error { return nil }

func jsonError(what string) error {
	return ginauth.ParseError().WithDetail("JSON parse error - " + what)
}
