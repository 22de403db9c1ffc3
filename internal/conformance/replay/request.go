package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Request is sent exactly as written here; only Host, Content-Length (for a
// body, and for POST, PUT and PATCH without one) and Connection: close are
// added. Each character of path and headers stands for one byte, as in Latin-1.
type Request struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Headers [][2]string `json:"headers"`
	Body    *Payload    `json:"body"` // nil is no body, which is not the same as an empty one
}

// A Payload is a request body: in the corpus a string, or {"$b64": "..."} for
// bytes that are no text.
type Payload struct {
	Text string // with {{name}} replaced
	Raw  []byte // sent instead of Text, unless nil
}

var _ json.Unmarshaler = (*Payload)(nil)

// UnmarshalJSON implements [json.Unmarshaler].
func (p *Payload) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &p.Text)
	}
	var encoded struct {
		Raw *[]byte `json:"$b64"`
	}
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	if encoded.Raw == nil {
		return fmt.Errorf("body %s is neither a string nor {\"$b64\": ...}", text)
	}
	p.Raw = *encoded.Raw
	return nil
}

func (p *Payload) bytes(vars variables) []byte {
	switch {
	case p == nil:
		return nil
	case p.Raw != nil:
		return p.Raw
	default:
		return []byte(vars.fill(p.Text))
	}
}

// message returns the request's bytes on the wire.
func (r Request) message(host string, vars variables) ([]byte, error) {
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\n", r.Method, vars.fill(r.Path))
	if !r.has("Host") {
		fmt.Fprintf(&head, "Host: %s\r\n", host)
	}
	for _, h := range r.Headers {
		fmt.Fprintf(&head, "%s: %s\r\n", h[0], vars.fill(h[1]))
	}
	body := r.Body.bytes(vars)
	if !r.has("Content-Length") && r.announcesLength() {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(body))
	}
	head.WriteString("Connection: close\r\n\r\n")
	message, err := encodeLatin1(head.String())
	return append(message, body...), err
}

func (r Request) has(header string) bool {
	return slices.ContainsFunc(r.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], header) })
}

func (r Request) announcesLength() bool {
	return r.Body != nil || slices.Contains([]string{"POST", "PUT", "PATCH"}, r.Method)
}

// encodeLatin1 turns each character into the byte of its number.
func encodeLatin1(text string) ([]byte, error) {
	var out bytes.Buffer
	for _, r := range text {
		if r > 0xFF {
			return nil, fmt.Errorf("character %U of the request's head is no byte", r)
		}
		out.WriteByte(byte(r))
	}
	return out.Bytes(), nil
}

// decodeLatin1 turns each byte into the character of its number.
func decodeLatin1(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		out.WriteRune(rune(b))
	}
	return out.String()
}
