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
func Unpack(payload string) ([]byte, error) {
	if len(payload) > 2*MaxPayload {
		return nil, errors.New("djangosigning: the payload is too long")
	}
	encoded, compressed := strings.CutPrefix(payload, ".")
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !compressed {
		return data, err
	}
	return inflate(data)
}

// readers holds readers of package zlib, each with 40 KiB of tables, which most
// requests with a session would otherwise make anew.
var readers sync.Pool

// inflate decompresses data, which it bounds.
func inflate(data []byte) ([]byte, error) {
	compressed := bytes.NewReader(data)
	r, ok := readers.Get().(io.Reader)
	var err error
	if ok {
		err = r.(zlib.Resetter).Reset(compressed, nil)
	} else {
		r, err = zlib.NewReader(compressed)
	}
	if err != nil {
		return nil, err
	}
	data, err = io.ReadAll(io.LimitReader(r, MaxPayload+1))
	if err != nil {
		return nil, err
	}
	readers.Put(r)
	if len(data) > MaxPayload {
		return nil, errors.New("djangosigning: the payload unpacks to too much")
	}
	return data, nil
}
