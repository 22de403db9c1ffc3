package jwt

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
)

// Token holds the claims of a verified JWT. It is the auth of the identity of a
// request that was authenticated with one:
//
//	token, ok := ginauth.AuthAs[*jwt.Token](c)
//
// It contains neither the signature nor the JWT itself, so it is not a
// credential.
type Token struct {
	Type      Type      // token_type
	ID        string    // jti; empty if it is neither a string nor an integer
	UserID    string    // the user's claim: a string, or the digits of a number; else empty
	IssuedAt  time.Time // iat; zero if it is absent
	ExpiresAt time.Time // exp
	key       string    // by which the user is looked up
	payload   []byte
	members   members
}

// Claims reads the claims into dst, a pointer to a struct with json tags or to
// a map.
func (t *Token) Claims(dst any) error { return json.Unmarshal(t.payload, dst) }

// String returns the type and the id, for logs.
func (t *Token) String() string { return string(t.Type) + " token " + t.ID }

// The claims that ginauth writes itself.
const (
	claimType       = "token_type"
	claimExpiry     = "exp"
	claimIssued     = "iat"
	claimNotBefore  = "nbf"
	claimID         = "jti"
	claimRefreshExp = "refresh_exp"
	claimIssuer     = "iss"
	claimAudience   = "aud"
	claimFamily     = "sid"       // of refresh and access tokens, only with RefreshGrace
	claimLogin      = "auth_time" // when the user logged in, see RecordLogin and LoginLifetime
	claimMethods    = "amr"       // how the user logged in, see RecordLogin

	// claimEpoch is the user's epoch. It is absent while that is 0, so that
	// tokens are simplejwt's.
	claimEpoch = "ginauth_epoch"

	// claimSince is the time from which LoginLifetime counts, of a token that
	// descends from one without claimLogin.
	claimSince = "ginauth_since"
)

var writtenClaims = []string{
	claimType, claimExpiry, claimIssued, claimNotBefore, claimID, claimRefreshExp, claimIssuer, claimAudience,
	claimEpoch,
}

// writes reports whether ginauth writes a claim itself, other than those that
// name the user and the password.
func (c *Config) writes(name string) bool {
	return slices.Contains(writtenClaims, name) || name == claimFamily && c.RefreshGrace > 0 ||
		c.LoginLifetime > 0 && (name == claimLogin || name == claimSince)
}

// recordsLogin reports whether a claim says how a user has logged in, which is
// not for applications to write: classes believe it.
func recordsLogin(name string) bool {
	return name == claimLogin || name == claimMethods || name == claimSince
}

// newToken reads the claims that every token may have, which have passed
// checkClaims.
func newToken(payload []byte, list members, userClaim string) *Token {
	t := &Token{payload: payload, members: list}
	if value, ok := list.get(claimType); ok {
		text, _ := textOf(value)
		t.Type = Type(text)
	}
	if value, ok := list.get(claimID); ok {
		t.ID = nameOf(value)
	}
	if value, ok := list.get(userClaim); ok {
		t.UserID, t.key = nameOf(value), keyOf(value)
	}
	t.IssuedAt, _ = list.time(claimIssued)
	t.ExpiresAt, _ = list.time(claimExpiry)
	return t
}

// nameOf returns the name of a token or a user: a string, or the digits of a
// number; empty for anything else.
func nameOf(value []byte) string {
	if text, ok := textOf(value); ok {
		return text
	}
	if isNumber(value) {
		return string(value)
	}
	return ""
}

// keyOf returns the text by which the user is looked up. As in Django, a number
// with a fraction becomes an integer.
func keyOf(value []byte) string {
	if !isNumber(value) || !bytes.ContainsAny(value, ".eE") {
		return nameOf(value)
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.Abs(f) > 1<<53 {
		return ""
	}
	return strconv.FormatInt(int64(f), 10)
}

func isNumber(value []byte) bool { return value[0] == '-' || '0' <= value[0] && value[0] <= '9' }

// seconds returns a number of seconds since 1970. ok is false if the value is
// not a number, or is later than the year 9999, where Python's dates end.
func seconds(value []byte) (s float64, ok bool) {
	if !isNumber(value) {
		return 0, false
	}
	s, err := strconv.ParseFloat(string(value), 64)
	return s, err == nil && s < 253_402_300_800
}

// time returns the time in a claim.
func (m members) time(name string) (at time.Time, ok bool) {
	value, there := m.get(name)
	if !there {
		return time.Time{}, false
	}
	s, ok := seconds(value)
	if !ok || s < -62_135_596_800 { // the year 1
		return time.Time{}, false
	}
	whole := int64(s)
	return time.Unix(whole, int64((s-float64(whole))*1e9)).UTC(), true
}
