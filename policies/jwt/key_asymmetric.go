package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	gojwt "github.com/golang-jwt/jwt/v5"
)

// PrivateKey returns a key that signs and verifies tokens of an algorithm. The
// private key is
//
//   - an *[rsa.PrivateKey] of 2048 to 8192 bits for RS256, RS384, RS512 (PKCS #1
//     v1.5), PS256, PS384 and PS512 (PSS),
//   - an *[ecdsa.PrivateKey] for ES256, ES384 and ES512, on the curve P-256,
//     P-384 and P-521, or
//   - an [ed25519.PrivateKey] for EdDSA.
//
// The error says why the key is unfit, e.g. because its halves do not match.
func PrivateKey(algorithm string, private crypto.PrivateKey) (Key, error) {
	method, err := asymmetricMethod(algorithm)
	if err != nil {
		return Key{}, err
	}
	return asymmetricKey(method, private)
}

// PublicKey returns a key that verifies tokens of an algorithm, e.g. "RS256",
// and cannot sign. Use it for a service that accepts the tokens of another
// service, and for Config.VerificationKeys. The public key is an
// *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey. The error says
// why the key is unfit, see [PrivateKey].
func PublicKey(algorithm string, public crypto.PublicKey) (Key, error) {
	method, err := asymmetricMethod(algorithm)
	if err != nil {
		return Key{}, err
	}
	if err := fits(method, public); err != nil {
		return Key{}, err
	}
	if key, ok := public.(ed25519.PublicKey); ok {
		public = slices.Clone(key)
	}
	return newKey(method, nil, public), nil
}

// asymmetricMethod returns an algorithm by its name. It refuses algorithms
// without a public half, and "none".
func asymmetricMethod(algorithm string) (gojwt.SigningMethod, error) {
	switch method := gojwt.GetSigningMethod(algorithm).(type) {
	case *gojwt.SigningMethodRSA, *gojwt.SigningMethodRSAPSS, *gojwt.SigningMethodECDSA, *gojwt.SigningMethodEd25519:
		return method, nil
	case *gojwt.SigningMethodHMAC:
		return nil, fmt.Errorf("jwt: %s has a secret, not a public and a private key: use jwt.%[1]s(secret)", algorithm)
	}
	return nil, fmt.Errorf("jwt: %q is not an algorithm: give RS256, PS256, ES256, one of their variants "+
		"with 384 or 512, or EdDSA", algorithm)
}

// asymmetricKey returns the key for a private key, after trying one signature.
// A pair whose halves do not match makes tokens that no verifier accepts and,
// with Ed25519, reveals the private half.
func asymmetricKey(method gojwt.SigningMethod, private crypto.PrivateKey) (Key, error) {
	var public crypto.PublicKey
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if key != nil && key.D != nil {
			public = key.Public()
		}
	case *ecdsa.PrivateKey:
		//lint:ignore SA1019 without it crypto/ecdsa would panic
		if key != nil && key.D != nil {
			public = key.Public()
		}
	case ed25519.PrivateKey:
		if len(key) == ed25519.PrivateKeySize {
			private = slices.Clone(key)
			public = key.Public()
		}
	}
	if err := fits(method, public); err != nil {
		return Key{}, err
	}
	k := newKey(method, private, public)
	signature, err := method.Sign("probe", private)
	if err != nil || !k.verifies("probe", signature) {
		return Key{}, fmt.Errorf("jwt: the private key for %s cannot sign, "+
			"or is not the one of its public key", method.Alg())
	}
	return k, nil
}

// The bounds for the length of an RSA key: RFC 7518 section 3.3 sets the
// minimum, and crypto/tls the maximum, since verifiers pay for it.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// fits returns why a public key does not fit an algorithm, or nil.
func fits(method gojwt.SigningMethod, public crypto.PublicKey) error {
	var reason error
	switch method := method.(type) {
	case *gojwt.SigningMethodECDSA:
		reason = fitsECDSA(method, public)
	case *gojwt.SigningMethodEd25519:
		if key, ok := public.(ed25519.PublicKey); !ok || len(key) != ed25519.PublicKeySize {
			reason = errors.New("it needs an Ed25519 key")
		}
	default:
		reason = fitsRSA(public)
	}
	if reason != nil {
		return fmt.Errorf("jwt: the key for %s is unfit: %w", method.Alg(), reason)
	}
	return nil
}

func fitsRSA(public crypto.PublicKey) error {
	key, ok := public.(*rsa.PublicKey)
	switch {
	case !ok || key == nil || key.N == nil:
		return errors.New("it needs an RSA key")
	case key.N.BitLen() < minRSABits:
		return fmt.Errorf("it has %d bits, and needs %d: "+
			"make one with openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072", key.N.BitLen(), minRSABits)
	case key.N.BitLen() > maxRSABits:
		return fmt.Errorf("it has %d bits, and may have %d", key.N.BitLen(), maxRSABits)
	case key.E < 3 || key.E%2 == 0 || key.E > 1<<31-1:
		return errors.New("its exponent is not one that RSA allows")
	case key.N.Bit(0) == 0 || key.N.Cmp(new(big.Int)) <= 0:
		return errors.New("its modulus is not a product of two primes")
	}
	return nil
}

func fitsECDSA(method *gojwt.SigningMethodECDSA, public crypto.PublicKey) error {
	key, ok := public.(*ecdsa.PublicKey)
	//lint:ignore SA1019 without them crypto/ecdsa would panic
	if !ok || key == nil || key.Curve == nil || key.X == nil || key.Y == nil ||
		key.Params().BitSize != method.CurveBits {
		return fmt.Errorf("it needs an ECDSA key on the curve P-%d", method.CurveBits)
	}
	// ECDH knows the NIST curves and their points.
	if _, err := key.ECDH(); err != nil {
		return fmt.Errorf("it is not a point on the curve P-%d", method.CurveBits)
	}
	return nil
}
