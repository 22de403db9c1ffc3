package models

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxPayload is the length, in bytes, up to which a payload is unpacked. What is longer, or unpacks to more, is no payload of ours.
const maxPayload = 1 << 20

// pack encodes data as Signer.sign_object does with compress=True: URL-safe base64, of the compressed data and after a full stop if
// that is shorter.
func pack(data []byte) (string, error) {
	if len(data) > maxPayload {
		return "", fmt.Errorf("models: %d bytes are too much to be signed; the most is %d", len(data), maxPayload)
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

// unpack reverses pack. Its argument has been signed; it is bounded all the same.
func unpack(payload string) ([]byte, error) {
	if len(payload) > 2*maxPayload {
		return nil, errors.New("models: the payload is too long")
	}
	encoded, compressed := strings.CutPrefix(payload, ".")
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !compressed {
		return data, err
	}
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	data, err = io.ReadAll(io.LimitReader(r, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPayload {
		return nil, errors.New("models: the payload unpacks to too much")
	}
	return data, nil
}
