package requestdata

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
)

// formOf returns the fields of a form that other code has parsed, if any.
func formOf(r *http.Request) map[string]Field {
	form := make(map[string]Field, len(r.PostForm))
	for name, values := range r.PostForm {
		if len(values) > 0 {
			form[name] = Field{Text: values[len(values)-1]}
		}
	}
	if r.MultipartForm != nil {
		for name := range r.MultipartForm.File {
			form[name] = Field{File: true}
		}
	}
	return form
}

// parseForm reads application/x-www-form-urlencoded as Python's parse_qsl does:
// only "&" separates fields, and a percent sign without two hexadecimal digits
// after it stands for itself. net/url refuses both.
func parseForm(body []byte, charset charset) (Data, error) {
	if bytes.Count(body, []byte("&")) >= maxFields {
		return Data{}, ginauth.ParseError().WithDetail("The number of form fields exceeds the limit.")
	}
	form := map[string]Field{}
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		form[unescape(key, charset)] = Field{Text: unescape(value, charset)}
	}
	return Data{Form: form}, nil
}

func unescape(s string, charset charset) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return charset.text(b)
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

func unhex(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b&^0x20 - 'A' + 10
}

// parseMultipart reads multipart/form-data. Like Django it accepts a body
// without any part, and drops a part that is cut off.
func parseMultipart(body []byte, media mediaType) (Data, error) {
	boundary, given := media.params["boundary"]
	if !given {
		boundary = "None"
	}
	if !given || boundary == "" || len(boundary) > 70 {
		return Data{}, multipartError("Invalid boundary in multipart: " + boundary)
	}
	form := map[string]Field{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxFields {
		part, err := reader.NextPart()
		if err != nil {
			return Data{Form: form}, nil //nolint:nilerr // what has been read so far counts
		}
		field, err := readPart(part)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return Data{Form: form}, nil
		case err != nil:
			return Data{}, multipartError("Could not decode base64 data.")
		}
		if name := part.FormName(); name != "" {
			form[name] = field
		}
	}
	return Data{}, multipartError("The number of form fields exceeds the limit.")
}

func readPart(part *multipart.Part) (Field, error) {
	if part.FileName() != "" {
		return Field{File: true}, nil
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return Field{}, err
	}
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
		decoded, err := base64.StdEncoding.DecodeString(string(content))
		if err != nil {
			return Field{}, err
		}
		content = decoded
	}
	return Field{Text: utf8Charset.text(content)}, nil
}

func multipartError(what string) error {
	return ginauth.ParseError().WithDetail("Multipart form parse error - " + what)
}
