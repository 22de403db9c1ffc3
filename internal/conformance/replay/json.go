package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// decode is [json.Unmarshal], except that numbers in untyped values stay as
// they were written: 1 and 1.0 differ.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the JSON value")
	}
	return nil
}

// short renders a value for a difference: as JSON, cut after 200 characters.
func short(value any) string {
	const limit = 200
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err.Error()
	}
	text := []rune(string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))))
	if len(text) <= limit {
		return string(text)
	}
	return string(text[:limit]) + "..."
}
