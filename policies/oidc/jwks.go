package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ginauth/ginauth/policies/jwt"
)

// maxKeys is the number of keys that an issuer may publish. Large issuers
// publish five.
const maxKeys = 100

// keySet holds the keys that an issuer publishes and that tokens may be checked
// with.
type keySet []issuerKey

// issuerKey is one key, for every configured algorithm that it may be used
// with.
type issuerKey struct {
	id          string
	issuer      string // of the tokens that it is for; empty: of all (Microsoft's extension)
	byAlgorithm map[string]jwt.Key
}

// find returns the key that a token names or, if it names none, the only key
// for its algorithm, unless that key is refused. It does not consider keys of
// issuers that do not match.
func (s keySet) find(q keyQuery) (key jwt.Key, ok bool) {
	for _, k := range s {
		candidate, fits := k.byAlgorithm[q.algorithm]
		switch {
		case !fits || !q.matches(k.issuer) || q.id != "" && k.id != q.id:
		case q.id != "" && slices.ContainsFunc(q.refused, candidate.Equal):
		case q.id != "":
			return candidate, true
		case ok:
			// There are two, so OpenID Connect Core section 10.1 requires an
			// id.
			return jwt.Key{}, false
		default:
			key, ok = candidate, true
		}
	}
	return key, ok && !slices.ContainsFunc(q.refused, key.Equal)
}

// jsonWebKey is a key as RFC 7517, 7518 and 8037 write it. Certificates (x5c,
// x5u) are ignored: the set is trusted because of its origin.
type jsonWebKey struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	Issuer     string   `json:"issuer"`
	Curve      string   `json:"crv"`
	N, E       encoded
	X, Y       encoded
	Private    json.RawMessage `json:"d"`
}

// encoded is a member in base64url.
type encoded []byte

// UnmarshalText implements [encoding.TextUnmarshaler].
func (e *encoded) UnmarshalText(text []byte) (err error) {
	*e, err = base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	return err
}

// parseKeySet reads a set. It omits keys that are not for the algorithms, or
// that it does not understand, as RFC 7517 section 5 requires.
func parseKeySet(text []byte, algorithms []string) (keySet, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errors.New("it is not a JSON web key set")
	}
	if len(*set.Keys) > maxKeys {
		return nil, fmt.Errorf("it has %d keys, and may have %d", len(*set.Keys), maxKeys)
	}
	var keys keySet
	for _, text := range *set.Keys {
		var k jsonWebKey
		if json.Unmarshal(text, &k) != nil || !k.verifies() {
			continue
		}
		if usable := k.forAlgorithms(algorithms); len(usable) > 0 {
			keys = append(keys, issuerKey{k.ID, k.Issuer, usable})
		}
	}
	return keys, nil
}

// verifies reports whether the key is meant for signatures, and its private
// half is not public too.
func (k jsonWebKey) verifies() bool {
	return (k.Use == "" || k.Use == "sig") && k.Private == nil &&
		(k.Operations == nil || slices.Contains(k.Operations, "verify"))
}

func (k jsonWebKey) forAlgorithms(algorithms []string) map[string]jwt.Key {
	public, err := k.public()
	if err != nil {
		return nil
	}
	usable := make(map[string]jwt.Key)
	for _, algorithm := range algorithms {
		ed25519 := algorithm == "EdDSA" && k.Algorithm == "Ed25519" // RFC 9864
		if k.Algorithm != "" && k.Algorithm != algorithm && !ed25519 {
			continue
		}
		if key, err := jwt.PublicKey(algorithm, public); err == nil {
			usable[algorithm] = key
		}
	}
	return usable
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// public returns the key. Package jwt decides whether it is strong enough for
// an algorithm.
func (k jsonWebKey) public() (crypto.PublicKey, error) {
	switch {
	case k.Type == "RSA" && len(k.E) > 0 && len(k.E) <= 4:
		return &rsa.PublicKey{N: new(big.Int).SetBytes(k.N), E: int(new(big.Int).SetBytes(k.E).Int64())}, nil
	case k.Type == "EC" && curves[k.Curve] != nil && len(k.X) == len(k.Y):
		return ecdsa.ParseUncompressedPublicKey(curves[k.Curve], slices.Concat([]byte{4}, k.X, k.Y))
	case k.Type == "OKP" && k.Curve == "Ed25519":
		return ed25519.PublicKey(k.X), nil
	}
	return nil, errors.New("oidc: not a type of public key that is known here")
}
