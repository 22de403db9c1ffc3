package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
)

// MountJWKS registers a route that publishes the public halves of Config.Key
// and Config.VerificationKeys as a JSON web key set (RFC 7517), so that others
// can verify the tokens, e.g. simplejwt by its JWK_URL:
//
//	jwt.MountJWKS(auth, r, "/.well-known/jwks.json", config)
//
// HMAC secrets have no public half and are left out. Any client may read the
// set, by GET and HEAD. Throttles are inherited; rules replace what the route
// inherits or declares itself. Clients may cache the answer for five minutes, so
// publish a new key at least that long before its first token.
//
// MountJWKS panics if the config is unfit, if there is nothing to publish, and
// if a key to publish has no id: readers of a set find a key by its id.
func MountJWKS(auth *ginauth.Auth, r gin.IRouter, path string, config Config, rules ...ginauth.Rule) {
	const constructor = "jwt: MountJWKS"
	config = config.withDefaults(constructor, stack.Newest())
	body, err := publicKeys(append([]Key{config.Key}, config.VerificationKeys...))
	wiring.Check(constructor, err)
	serve := func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=300")
		c.Data(http.StatusOK, "application/jwk-set+json", body)
	}
	open := auth.With(r, ginauth.NoAuthentication(), ginauth.PermissionClasses(ginauth.Public("public keys")))
	open = auth.With(open, rules...)
	open.GET(path, serve)
	open.HEAD(path, serve)
}

// publicKeys returns the set of all keys that have a public half.
func publicKeys(keys []Key) ([]byte, error) {
	var set struct {
		Keys []publicKey `json:"keys"`
	}
	for _, k := range keys {
		p, ok := k.public()
		if !ok {
			continue
		}
		if k.id == "" {
			return nil, errors.New("the " + k.Algorithm() + " key has no id; give it one with Key.WithID")
		}
		if !slices.Contains(set.Keys, p) {
			set.Keys = append(set.Keys, p)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no key has a public half; HMAC has none")
	}
	return json.Marshal(set)
}

// publicKey is a JSON web key (RFC 7517, 7518, 8037). It has no member that
// could hold a private key.
type publicKey struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	Modulus   string `json:"n,omitempty"`
	Exponent  string `json:"e,omitempty"`
}

// public returns the public half. ok is false for HMAC, which has none.
func (k Key) public() (p publicKey, ok bool) {
	p = publicKey{Use: "sig", Algorithm: k.Algorithm(), ID: k.id}
	encode := base64.RawURLEncoding.EncodeToString
	switch key := k.material().verify.(type) {
	case *rsa.PublicKey:
		p.Type, p.Modulus, p.Exponent = "RSA", encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			return publicKey{}, false
		}
		middle := 1 + len(point)/2
		p.Type, p.Curve, p.X, p.Y = "EC", key.Params().Name, encode(point[1:middle]), encode(point[middle:])
	case ed25519.PublicKey:
		p.Type, p.Curve, p.X = "OKP", "Ed25519", encode(key)
	default:
		return publicKey{}, false
	}
	return p, true
}
