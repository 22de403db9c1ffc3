package jwt

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decode returns the claims of a token that is signed with the key that its
// header selects, is neither expired nor too young, and has the configured
// issuer and audience, if any (PyJWT's decode). It does not look at what the
// token is for, see check. The error is a refusal, and then there are no
// claims.
//
// The length is checked before anything else, and the signature before anything
// in the payload is read.
func (c *Config) decode(token string) (*Token, error) {
	parts, ok := c.split(token)
	if !ok {
		return nil, c.beside.invalid
	}
	keys := c.keys.of(parts.header)
	if len(keys) == 0 {
		return nil, c.beside.invalid
	}
	signature, err := segments.DecodeString(parts.signature)
	if err != nil || !verifies(keys, parts.input, signature) {
		return nil, c.beside.invalid
	}
	text, list, ok := parts.claims()
	if !ok {
		return nil, c.beside.invalid
	}
	if err := c.checkClaims(list); err != nil {
		return nil, err
	}
	return newToken(text, list, c.UserIDClaim), nil
}

// parts are the parts of a token, and the text that its signature covers.
type parts struct{ header, payload, signature, input string }

// split splits a token into its three parts, if it is not too long.
func (c *Config) split(token string) (p parts, ok bool) {
	// Package base64 would ignore line breaks.
	if len(token) > c.MaxTokenBytes || strings.ContainsAny(token, "\r\n") {
		return parts{}, false
	}
	header, rest, ok := strings.Cut(token, ".")
	// The alphabet of the signature does not contain a further dot.
	payload, signature, ok2 := strings.Cut(rest, ".")
	return parts{header, payload, signature, token[:min(len(token), len(header)+1+len(payload))]}, ok && ok2
}

// claims reads the payload.
func (p parts) claims() (text []byte, list members, ok bool) {
	text, err := segments.DecodeString(p.payload)
	if err != nil {
		return nil, nil, false
	}
	list, ok = membersOf(text)
	return text, list, ok
}

// segments is the encoding of RFC 7515: without padding. A token has one form
// only, so trailing bits must be zero.
var segments = base64.RawURLEncoding.Strict()

// header is what the header of a token says about its signature. Until the
// signature has been verified nothing in it can be trusted: it may only select
// among keys that are trusted already.
type header struct {
	algorithm string // alg
	keyID     string // kid; empty if it is absent
	kind      string // typ; empty if it is absent
}

// headerOf reads a header. ok is false if it is malformed, and if it has an
// extension that must be understood (RFC 7515 section 4.1.11). Other members,
// such as jku, jwk, x5u and x5c, are ignored: a token cannot bring its own key.
func headerOf(segment string) (h header, ok bool) {
	text, err := segments.DecodeString(segment)
	if err != nil {
		return header{}, false
	}
	list, ok := membersOf(text)
	if !ok {
		return header{}, false
	}
	algorithm, _ := list.get("alg")
	if h.algorithm, ok = textOf(algorithm); !ok {
		return header{}, false
	}
	if kind, there := list.get("typ"); there {
		if h.kind, ok = textOf(kind); !ok || h.kind == "" {
			return header{}, false
		}
	}
	if id, there := list.get("kid"); there {
		if h.keyID, ok = textOf(id); !ok {
			return header{}, false
		}
	}
	_, critical := list.get("crit")
	unencoded, there := list.get("b64")
	return h, !critical && (!there || string(unencoded) == "true")
}

// isJWT reports whether the token is a JWT, if it states its type.
func (h header) isJWT() bool { return h.kind == "" || strings.EqualFold(h.kind, "JWT") }

// checkClaims checks the claims of RFC 7519 that are present, in PyJWT's order:
// the refusal is that of the first that is wrong.
func (c *Config) checkClaims(list members) error {
	switch {
	case !c.begun(list):
		return c.beside.invalid
	case c.over(list):
		return c.beside.expired
	case !dated(list), !c.issuerValid(list), !c.audienceValid(list), !c.namesValid(list):
		return c.beside.invalid
	}
	return nil
}

// now returns the time and the leeway, in seconds.
func (c *Config) now() (now, leeway float64) { return float64(c.Now().Unix()), c.Leeway.Seconds() }

// begun reports whether iat and nbf are times that have come.
func (c *Config) begun(list members) bool {
	now, leeway := c.now()
	if value, there := list.get(claimIssued); there {
		if s, ok := seconds(value); !ok || math.Trunc(s) > now+leeway {
			return false
		}
	}
	if value, there := list.get(claimNotBefore); there {
		if s, ok := whole(value); !ok || s > now+leeway {
			return false
		}
	}
	return true
}

// over reports whether exp is a time that has passed. A string of digits and a
// boolean, which is 1 or 0, are also read: a time to come they cannot state, see
// dated.
func (c *Config) over(list members) bool {
	value, there := list.get(claimExpiry)
	if !there {
		return false
	}
	now, leeway := c.now()
	s, ok := whole(value)
	return ok && s <= now-leeway || string(value) == "true" || string(value) == "false"
}

// dated reports whether exp, if present, is a number.
func dated(list members) bool {
	value, there := list.get(claimExpiry)
	if !there {
		return true
	}
	_, ok := seconds(value)
	return ok
}

// whole returns a number without its fraction. As in PyJWT it may be a string
// of digits.
func whole(value []byte) (n float64, ok bool) {
	if text, ok := textOf(value); ok {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		return float64(n), err == nil
	}
	n, ok = seconds(value)
	return math.Trunc(n), ok
}

func (c *Config) issuerValid(list members) bool {
	if c.Issuer == "" {
		return true
	}
	value, _ := list.get(claimIssuer)
	text, ok := textOf(value)
	return ok && text == c.Issuer
}

// audienceValid reports whether one of the token's audiences, a string or a
// list of strings, is one of ours.
func (c *Config) audienceValid(list members) bool {
	if len(c.Audience) == 0 {
		return true
	}
	value, _ := list.get(claimAudience)
	names, ok := textsOf(value)
	return ok && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(c.Audience, name) })
}

// namesValid reports whether sub and jti are strings, if they are present. An
// integer in sub is read if it names the user: older tokens have it.
func (c *Config) namesValid(list members) bool {
	if value, there := list.get(claimID); there && value[0] != '"' {
		return false
	}
	value, there := list.get(subject)
	return !there || value[0] == '"' || c.UserIDClaim == subject && isInteger(value)
}

// check returns why a token is not of a type, or nil (simplejwt: Token.verify).
// An empty type stands for any.
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

// past reports whether a time has passed.
func (c *Config) past(at time.Time) bool { return !at.After(c.Now().Add(-c.Leeway)) }
