package requestdata

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"

	"github.com/ginauth/ginauth/ginauth"
)

// buffered is a request body that has been read into memory: all of it, or only
// its beginning if it is too long for its first reader. It replaces the body
// that it was read from, so that a body is read and parsed once, whether by the
// CSRF check or by a handler, and can be read again from the beginning.
type buffered struct {
	io.Reader
	io.Closer
	start  []byte
	whole  bool // start is all of it
	parsed map[Parser]result
}

type result struct {
	data Data
	err  error
}

// buffer reads a body of at most limit bytes, and one more byte of a longer
// body.
func buffer(r *http.Request, limit int64) (*buffered, error) {
	if b, ok := r.Body.(*buffered); ok && (b.whole || int64(len(b.start)) > limit) {
		return b, nil
	}
	start, err := readUpTo(r.Body, limit, r.ContentLength)
	b := &buffered{
		Reader: io.MultiReader(bytes.NewReader(start), r.Body), Closer: r.Body,
		start: start, whole: err == nil && int64(len(start)) <= limit, parsed: map[Parser]result{},
	}
	r.Body = b
	return b, err
}

// maxAnnounced bounds the memory that a client can make us allocate by a
// Content-Length alone.
const maxAnnounced = 64 << 10

// readUpTo reads up to limit bytes, and one more if there is one.
func readUpTo(body io.Reader, limit, announced int64) ([]byte, error) {
	var b bytes.Buffer
	if announced > 0 {
		b.Grow(int(min(announced, limit, maxAnnounced)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(body, min(limit, math.MaxInt64-1)+1))
	return b.Bytes(), err
}

// within returns the body, or a refusal if it cannot be read or is longer than
// limit.
func within(r *http.Request, limit int64) (*buffered, error) {
	if r.ContentLength > limit {
		return nil, ginauth.RequestTooLarge()
	}
	b, err := buffer(r, limit)
	// The application may have set a limit of its own.
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, ginauth.RequestTooLarge()
	}
	switch {
	case err != nil:
		return nil, ginauth.ParseError().Because(err)
	case int64(len(b.start)) > limit:
		return nil, ginauth.RequestTooLarge()
	}
	return b, nil
}

// parse parses the first limit bytes.
func (b *buffered) parse(p Parser, media mediaType, limit int64) (Data, error) {
	if !b.whole {
		return p.parse(b.start[:min(int64(len(b.start)), limit)], media)
	}
	known, ok := b.parsed[p]
	if !ok {
		known.data, known.err = p.parse(b.start, media)
		b.parsed[p] = known
	}
	return known.data, known.err
}
