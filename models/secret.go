package models

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that does not print: a password hash, a token's key. Package
// fmt, encoding/json and log/slog show "[redacted]" in its place; string(s)
// reveals it. Two things show it all the same: package fmt, of a struct in an
// unexported field, and GORM's default logger, of a statement that the
// application itself makes, unless ParameterizedQueries is set.
type Secret string

const redacted = "[redacted]"

// Format writes "[redacted]" for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
