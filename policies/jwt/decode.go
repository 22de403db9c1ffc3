package jwt

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decode returns the claims of a token that is signed with the key, is not expired and not too young, and is of the issuer and for
// the audience, if one is configured (PyJWT's decode). What it is for is not looked at, see check. The error is a refusal, and then
// there are no claims.
//
// The signature is checked before anything of the payload is read, and the length before anything at all.
func (c *Config) decode(token string) (*Token, error) {
	if len(token) > c.MaxTokenBytes || strings.ContainsAny(token, "\r\n") { // which package base64 overlooks
		return nil, invalid
	}
	header, rest, ok := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || !c.headerValid(header) {
		return nil, invalid
	}
	sum, err := segments.DecodeString(signature) // a second dot is not in the alphabet
	if err != nil || !c.Key.verifies(token[:len(header)+1+len(payload)], sum) {
		return nil, invalid
	}
	text, err := segments.DecodeString(payload)
	if err != nil {
		return nil, invalid
	}
	list, ok := membersOf(text)
	if !ok || !c.claimsValid(list) {
		return nil, invalid
	}
	return newToken(text, list, c.UserIDClaim), nil
}

// segments is the encoding of RFC 7515: without padding. A token has one form only, so trailing bits must be zero.
var segments = base64.RawURLEncoding.Strict()

// headerValid reports whether a header is one for the key: its algorithm, a JWT if it says what it is, and nothing that must be
// understood (RFC 7515 section 4.1.11). Other members, such as kid, are not looked at: the key is not the token's to choose.
func (c *Config) headerValid(segment string) bool {
	if segment == c.Key.header { // simplejwt's, and ours
		return true
	}
	text, err := segments.DecodeString(segment)
	if err != nil {
		return false
	}
	header, ok := membersOf(text)
	if !ok {
		return false
	}
	algorithm, _ := header.get("alg")
	if name, ok := textOf(algorithm); !ok || name != c.Key.Algorithm() {
		return false
	}
	if kind, there := header.get("typ"); there {
		if name, ok := textOf(kind); !ok || !strings.EqualFold(name, "JWT") {
			return false
		}
	}
	_, critical := header.get("crit")
	unencoded, there := header.get("b64")
	return !critical && (!there || string(unencoded) == "true")
}

// claimsValid checks the claims of RFC 7519, as far as they are there.
func (c *Config) claimsValid(list members) bool {
	now, leeway := float64(c.Now().Unix()), c.Leeway.Seconds()
	if value, there := list.get(claimIssued); there {
		if s, ok := seconds(value); !ok || s > now+leeway {
			return false
		}
	}
	if value, there := list.get(claimNotBefore); there {
		if text, ok := textOf(value); ok { // PyJWT takes digits in a text for a number here
			value = strconv.AppendInt(nil, parseDigits(text), 10)
		}
		if s, ok := seconds(value); !ok || math.Trunc(s) > now+leeway {
			return false
		}
	}
	if value, there := list.get(claimExpiry); there {
		if s, ok := seconds(value); !ok || math.Trunc(s) <= now-leeway {
			return false
		}
	}
	return c.issuerValid(list) && c.audienceValid(list)
}

// parseDigits returns the number, or one that is later than every time.
func parseDigits(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}

func (c *Config) issuerValid(list members) bool {
	if c.Issuer == "" {
		return true
	}
	value, _ := list.get(claimIssuer)
	text, ok := textOf(value)
	return ok && text == c.Issuer
}

// audienceValid reports whether one of the token's audiences, a text or a list of texts, is one of ours.
func (c *Config) audienceValid(list members) bool {
	if len(c.Audience) == 0 {
		return true
	}
	value, _ := list.get(claimAudience)
	names, ok := textsOf(value)
	return ok && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(c.Audience, name) })
}

// check returns why a token is not one of a type, or nil (simplejwt: Token.verify). An empty type is any.
func (t *Token) check(want Type) error {
	if _, ok := t.members.get(claimExpiry); !ok {
		return noExpiry
	}
	if _, ok := t.members.get(claimID); !ok {
		return noID
	}
	if want == "" {
		return nil
	}
	if _, ok := t.members.get(claimType); !ok {
		return noType
	}
	if t.Type != want {
		return wrongType
	}
	return nil
}

// expired reports whether a time is over.
func (c *Config) expired(at time.Time) bool { return !at.After(c.Now().Add(-c.Leeway)) }
