package replay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// signingKey is the fixed key of the reference server.
const signingKey = "oracle-fixed-jwt-signing-key-0123456789abcdef0123456789abcdef"

// A tokenRule says what a JWT must hold.
type tokenRule struct {
	claims   map[string]any
	lifetime json.Number // seconds; "" if not checked
}

func newTokenRule(rule any) (tokenRule, error) {
	object, ok := rule.(map[string]any)
	if !ok {
		return tokenRule{}, errors.New("$jwt is not an object")
	}
	var token tokenRule
	if claims, found := object["claims"]; found {
		if token.claims, ok = claims.(map[string]any); !ok {
			return tokenRule{}, errors.New("$jwt: claims is not an object")
		}
	}
	if lifetime, found := object["lifetime"]; found {
		if token.lifetime, ok = lifetime.(json.Number); !ok {
			return tokenRule{}, errors.New("$jwt: lifetime is not a number")
		}
	}
	return token, nil
}

// check is written out here rather than left to a JWT library, so that the
// library under test is not its own judge.
func (r tokenRule) check(token string, now time.Time) error {
	claims, err := verify(token)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.claims)) {
		if want, got := r.claims[name], claims[name]; !equalClaim(want, got) {
			return fmt.Errorf("claim %s: want %s, got %s", name, short(want), short(got))
		}
	}
	if jti, ok := claims["jti"].(string); !ok || jti == "" {
		return errors.New("no jti")
	}
	if r.lifetime == "" {
		return nil
	}
	return r.checkExpiry(claims["exp"], now)
}

// checkExpiry allows for the time that the answer took and for clocks that
// differ a little.
func (r tokenRule) checkExpiry(exp any, now time.Time) error {
	seconds, ok := exp.(json.Number)
	if !ok || !isInteger(seconds) {
		return errors.New("exp is not an integer")
	}
	left := float(seconds) - float64(now.UnixNano())/1e9
	if want := float(r.lifetime); left < want-30 || left > want+5 {
		return fmt.Errorf("expires in %.0f s, want %.0f", left, want)
	}
	return nil
}

// verify returns the claims of a token that is signed by HS256 with the signing
// key.
func verify(token string) (claims map[string]any, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a JWT")
	}
	header, err := decodeSegment(parts[0])
	if err != nil {
		return nil, err
	}
	if claims, err = decodeSegment(parts[1]); err != nil {
		return nil, err
	}
	if header["alg"] != "HS256" {
		return nil, fmt.Errorf("alg %s", short(header["alg"]))
	}
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if signature, err := decodeBase64(parts[2]); err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		return nil, errors.New("bad signature")
	}
	return claims, nil
}

func decodeSegment(segment string) (object map[string]any, err error) {
	text, err := decodeBase64(segment)
	if err != nil {
		return nil, fmt.Errorf("not a JWT: %w", err)
	}
	if err := decode(text, &object); err != nil {
		return nil, fmt.Errorf("not a JWT: %w", err)
	}
	return object, nil
}

// decodeBase64 accepts padding, which a JWT should not have: that is not for
// the corpus to judge.
func decodeBase64(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}

// equalClaim takes an absent claim for null, and numbers by their value: a
// subject of 3 and of 3.0 is the same.
func equalClaim(want, got any) bool {
	wantNumber, ok := want.(json.Number)
	if !ok {
		return reflect.DeepEqual(want, got)
	}
	gotNumber, ok := got.(json.Number)
	return ok && equalNumber(wantNumber, gotNumber)
}
