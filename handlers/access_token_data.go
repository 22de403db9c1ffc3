package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/charfield"
	"github.com/ginauth/ginauth/internal/jsonobject"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// tokenDescription is an access token in an answer.
type tokenDescription struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Scopes      []string   `json:"scopes"`
	Created     time.Time  `json:"created"`
	Rotated     *time.Time `json:"rotated"`
	Expires     *time.Time `json:"expires"`      // null: never
	IdleTimeout *int64     `json:"idle_timeout"` // in seconds; null: no limit
	LastUsed    *time.Time `json:"last_used"`    // accurate to about a minute
	Status      string     `json:"status"`
}

// newToken is a token in the answer that contains its secret.
type newToken struct {
	tokenDescription
	Token string `json:"token"`
}

func responseOf(t *accesstoken.Token) tokenDescription {
	utc := func(at *time.Time) *time.Time {
		if at == nil {
			return nil
		}
		u := at.UTC()
		return &u
	}
	r := tokenDescription{
		ID: t.ID, Name: t.Name, Scopes: t.Scopes, Status: t.Status,
		Created: t.Created.UTC(), Rotated: utc(t.Rotated), Expires: utc(t.Expires), LastUsed: utc(t.LastUsed),
	}
	if t.IdleTimeout > 0 {
		seconds := int64(t.IdleTimeout / time.Second)
		r.IdleTimeout = &seconds
	}
	return r
}

// fieldErrors is DRF's object of validation errors.
type fieldErrors map[string][]string

func (e fieldErrors) with(field, message string) fieldErrors {
	if field == "" {
		field = "non_field_errors"
	}
	e[field] = append(e[field], message)
	return e
}

// tokenData holds the members of a request's body. Each of the functions below
// takes one of them.
type tokenData struct {
	charfield.Fields
	errors fieldErrors
}

// read returns the body, a JSON object or nothing. Unknown members are errors,
// so that a typo is not silently ignored.
func (h *accessTokens) read(c *gin.Context, known ...string) (*tokenData, error) {
	fields, err := h.body.Fields(c)
	if err != nil {
		return nil, err
	}
	d := &tokenData{fields, fieldErrors{}}
	d.refuseUnknown(known)
	return d, nil
}

// maxUnknown bounds how many unknown members an answer names, so that the
// answer is not many times as long as the body.
const maxUnknown = 10

func (d *tokenData) refuseUnknown(known []string) {
	if d.JSON == nil {
		return
	}
	for quoted := range jsonobject.Members(d.JSON) {
		if len(d.errors) == maxUnknown {
			return
		}
		if name := string(quoted.Unescaped()); !slices.Contains(known, name) {
			d.errors[cmp.Or(name, "non_field_errors")] = []string{"This field is not known here."}
		}
	}
}

// err returns the validation errors, or nil if there are none.
func (d *tokenData) err() error {
	if len(d.errors) > 0 {
		return ginauth.ValidationError(d.errors)
	}
	return nil
}

func (h *accessTokens) readDraft(c *gin.Context) (accesstoken.Draft, error) {
	d, err := h.read(c, "name", "scopes", "expires_in", "idle_timeout")
	if err != nil {
		return accesstoken.Draft{}, err
	}
	draft := accesstoken.Draft{Limit: h.config.Limit}
	var message string
	if draft.Name, message = d.Text("name", true); message != "" {
		d.errors.with("name", message)
	}
	draft.Scopes = d.scopes()
	if _, sent := d.Member("expires_in"); sent {
		draft.Expiry = d.expiry()
	} else {
		d.errors.with("expires_in", "This field is required.")
	}
	if raw, sent := d.Member("idle_timeout"); sent && string(raw) != "null" {
		draft.IdleTimeout = d.seconds("idle_timeout", "A valid integer is required.")
	}
	return draft, d.err()
}

// readRotation returns the new end, or the zero Expiry if the body has none.
func (h *accessTokens) readRotation(c *gin.Context) (accesstoken.Expiry, error) {
	d, err := h.read(c, "expires_in")
	if err != nil {
		return accesstoken.Expiry{}, err
	}
	var expiry accesstoken.Expiry
	if _, sent := d.Member("expires_in"); sent {
		expiry = d.expiry()
	}
	return expiry, d.err()
}

// scopes reads a list of strings.
func (d *tokenData) scopes() (names []string) {
	raw, sent := d.Member("scopes")
	if !sent {
		d.errors.with("scopes", "This field is required.")
		return nil
	}
	if err := json.Unmarshal(raw, &names); err != nil || names == nil {
		d.errors.with("scopes", "Expected a list of strings.")
		return nil
	}
	return names
}

// expiry reads a number of seconds, or "never".
func (d *tokenData) expiry() accesstoken.Expiry {
	if raw, _ := d.Member("expires_in"); string(raw) == `"never"` {
		return accesstoken.NeverExpires
	}
	return accesstoken.ExpiresIn(d.seconds("expires_in", `A number of seconds is required, or "never".`))
}

// seconds reads a positive integer.
func (d *tokenData) seconds(name, message string) time.Duration {
	const most int64 = 100 * 365 * 24 * 60 * 60
	raw, _ := d.Member(name)
	n, err := strconv.ParseInt(string(raw), 10, 64)
	switch {
	case err != nil:
		d.errors.with(name, message)
	case n < 1:
		d.errors.with(name, "Ensure this value is greater than or equal to 1.")
	case n > most:
		d.errors.with(name, fmt.Sprintf("Ensure this value is less than or equal to %d.", most))
	default:
		return time.Duration(n) * time.Second
	}
	return 0
}
