package models

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that does not print, such as a password hash or a token's
// key. Packages fmt, encoding/json and log/slog show "[redacted]" in its place;
// string(s) reveals it. Two things reveal it nevertheless:
//
//   - package fmt, for a struct in an unexported field;
//   - GORM's default logger, for a statement that the application makes itself,
//     unless ParameterizedQueries is set.
type Secret string

const redacted = "[redacted]"

// Format writes "[redacted]" for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
