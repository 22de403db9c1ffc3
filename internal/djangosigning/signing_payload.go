package djangosigning

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// MaxPayload is the largest payload, in bytes, that is unpacked. A payload that
// is longer, or that unpacks to more, is not ours.
const MaxPayload = 1 << 20

// Pack encodes data as Signer.sign_object does with compress=True: as URL-safe
// base64. If compressing makes the result shorter, it is the base64 of the
// compressed data after a full stop.
func Pack(data []byte) (string, error) {
	if len(data) > MaxPayload {
		return "", fmt.Errorf("djangosigning: %d bytes are too much to be signed; the most is %d",
			len(data), MaxPayload)
	}
	var compressed bytes.Buffer
	w := zlib.NewWriter(&compressed)
	if _, err := w.Write(data); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if compressed.Len() < len(data)-1 {
		return "." + base64.RawURLEncoding.EncodeToString(compressed.Bytes()), nil
	}
	return base64.RawURLEncoding.EncodeToString(data), nil
}

// Unpack reverses [Pack]. Its argument has already been verified, but its size
// is bounded nevertheless.
func Unpack(payload string) (string, error) {
	if len(payload) > 2*MaxPayload {
		return "", errors.New("djangosigning: the payload is too long")
	}
	if encoded, compressed := strings.CutPrefix(payload, "."); compressed {
		return inflate(encoded)
	}
	data, err := base64.RawURLEncoding.DecodeString(payload)
	return string(data), err
}

// inflater decompresses. It is pooled because its tables take 40 KiB.
type inflater struct {
	decoded    []byte
	compressed bytes.Reader  // over decoded
	reader     io.ReadCloser // of package zlib, over compressed
	bounded    io.LimitedReader
	text       bytes.Buffer
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// maxPooled is how much text an inflater in the pool may have room for.
const maxPooled = 64 << 10

// inflate decodes and decompresses data, whose length it bounds.
func inflate(encoded string) (text string, err error) {
	f := inflaters.Get().(*inflater)
	if f.decoded, err = base64.RawURLEncoding.AppendDecode(f.decoded[:0], []byte(encoded)); err != nil {
		return "", err
	}
	f.compressed.Reset(f.decoded)
	if err := f.start(); err != nil {
		return "", err
	}
	f.bounded = io.LimitedReader{R: f.reader, N: MaxPayload + 1}
	f.text.Reset()
	if _, err := f.text.ReadFrom(&f.bounded); err != nil {
		return "", err
	}
	if f.text.Len() > MaxPayload {
		return "", errors.New("djangosigning: the payload unpacks to too much")
	}
	text = f.text.String()
	if f.text.Cap() <= maxPooled {
		inflaters.Put(f)
	}
	return text, nil
}

// start begins to decompress f.compressed.
func (f *inflater) start() (err error) {
	if f.reader == nil {
		f.reader, err = zlib.NewReader(&f.compressed)
		return err
	}
	return f.reader.(zlib.Resetter).Reset(&f.compressed, nil)
}
