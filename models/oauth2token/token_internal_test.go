package oauth2token

import (
	"errors"
	"testing"
	"time"
)

// TestExpiry checks that a token ends exactly when it says (is_expired).
func TestExpiry(t *testing.T) {
	end := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		at   time.Time
		want error
	}{
		{end.Add(-time.Microsecond), nil},
		{end, ErrExpired},
		{end.Add(time.Microsecond), ErrExpired},
	} {
		if err := (&Token{Expires: end}).status(row.at, place{}, 0); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%v: %v, want %v", row.at, err, row.want)
		}
	}
	if err := new(Token).status(end, place{}, 0); !errors.Is(err, ErrExpired) {
		t.Errorf("without an end: %v", err)
	}
}
