package accesstoken

import "time"

// Expiry is when an access token ends. The zero value is invalid; use
// [NeverExpires] for a token that does not expire.
type Expiry struct {
	given bool
	never bool
	in    time.Duration
	at    time.Time
}

// NeverExpires is the expiry of a token that ends only when it or all
// credentials of its owner are revoked.
var NeverExpires = Expiry{given: true, never: true}

// ExpiresIn returns an expiry d after the token is created.
func ExpiresIn(d time.Duration) Expiry { return Expiry{given: true, in: d} }

// ExpiresAt returns an expiry at the given time.
func ExpiresAt(at time.Time) Expiry { return Expiry{given: true, at: at} }

// String returns for example "in 1h0m0s", "at 2027-01-01T00:00:00Z" or "never".
func (e Expiry) String() string {
	switch {
	case e.never:
		return "never"
	case !e.at.IsZero():
		return "at " + e.at.UTC().Format(time.RFC3339)
	case e.given:
		return "in " + e.in.String()
	}
	return "unknown"
}

// lastExpiry is the last date that Python and the texts of PostgreSQL can
// represent.
var lastExpiry = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// resolve returns the end of a token created now, nil for never. Its error is
// an [Error].
func (e Expiry) resolve(present time.Time) (*time.Time, error) {
	refused := func(message string) (*time.Time, error) { return nil, Error{"expires_in", message} }
	at := e.at.UTC().Truncate(time.Microsecond)
	switch {
	case !e.given:
		return refused("This field is required.")
	case e.never:
		return nil, nil
	case e.in != 0:
		at = present.Add(e.in)
	}
	switch {
	case !at.After(present):
		return refused("The token would have expired already.")
	case at.After(lastExpiry):
		return refused("Ensure that the token expires before " + lastExpiry.Format(time.DateOnly) + ", or never.")
	}
	return &at, nil
}
