package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/jwt"
)

// The private keys of the tests, made once.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	p256Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	edwardsK = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32))) })
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// signers returns the keys of all asymmetric algorithms.
func signers() map[string]jwt.Key {
	return map[string]jwt.Key{
		"RS256": must(jwt.PrivateKey("RS256", rsaKey())), "RS384": must(jwt.PrivateKey("RS384", rsaKey())), "RS512": must(jwt.PrivateKey("RS512", rsaKey())),
		"PS256": must(jwt.PrivateKey("PS256", rsaKey())), "PS384": must(jwt.PrivateKey("PS384", rsaKey())), "PS512": must(jwt.PrivateKey("PS512", rsaKey())),
		"ES256": must(jwt.PrivateKey("ES256", p256Key())), "ES384": must(jwt.PrivateKey("ES384", p384Key())), "ES512": must(jwt.PrivateKey("ES512", p521Key())), "EdDSA": must(jwt.PrivateKey("EdDSA", edwardsK())),
	}
}

func privateOf(algorithm string) crypto.Signer {
	return map[string]crypto.Signer{
		"RS256": rsaKey(), "RS384": rsaKey(), "RS512": rsaKey(), "PS256": rsaKey(), "PS384": rsaKey(), "PS512": rsaKey(),
		"ES256": p256Key(), "ES384": p384Key(), "ES512": p521Key(), "EdDSA": edwardsK(),
	}[algorithm]
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func privatePEM(key crypto.Signer) []byte {
	return pemOf("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
}

func publicPEM(key crypto.Signer) []byte {
	return pemOf("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key.Public())))
}

// believing returns a service that accepts tokens signed with the config's
// keys.
func believing(config jwt.Config) http.Handler {
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(config)))
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%s", ginauth.Current(c).Subject()) })
	return engine
}

// TestAsymmetricAlgorithms checks that each key accepts the tokens of its own
// pair and algorithm and no others, whether it was made from the private key,
// from the public key or from PEM.
func TestAsymmetricAlgorithms(t *testing.T) {
	db := fixture(t)
	all := signers()
	tokens := map[string]string{}
	for name, key := range all {
		config := rotating()
		config.Key = key
		h := newServer(t, db, config)
		pair := logIn(h, "/pair", "alice")
		if status, who := me(h, pair.Access); status != 200 || who != "3" || key.Algorithm() != name || !key.Signs() {
			t.Errorf("%s: %d %s", name, status, who)
		}
		if a := post(h, "/refresh", "refresh", pair.Refresh); a.status != 200 {
			t.Errorf("%s: refresh: %d %s", name, a.status, a.body)
		}
		tokens[name] = pair.Access
	}
	for name := range all {
		private := privateOf(name)
		for made, key := range map[string]jwt.Key{
			"of the public key":  must(jwt.PublicKey(name, private.Public())),
			"of private PEM":     must(jwt.ParseKey(name, privatePEM(private))),
			"of public PEM":      must(jwt.ParseKey(name, publicPEM(private))),
			"of PEM with blanks": must(jwt.ParseKey(name, []byte("\n\t "+string(publicPEM(private))+"\r\n \n"))),
		} {
			if key.Signs() != (made == "of private PEM") {
				t.Errorf("%s %s signs: %v", name, made, key.Signs())
			}
			h := believing(jwt.Config{Key: key})
			for by, token := range tokens {
				if status, body := me(h, token); (status == 200) != (by == name) {
					t.Errorf("made by %s, read by %s %s: %d %s", by, name, made, status, body)
				}
			}
		}
	}
}

// TestUnfitKeys checks that keys that would make signatures worthless, or
// useless, are refused when they are made.
func TestUnfitKeys(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	halves := func(n *rsa.PublicKey) *rsa.PrivateKey {
		mixed := *rsaKey()
		mixed.PublicKey = *n
		return &mixed
	}
	another := must(rsa.GenerateKey(rand.Reader, 2048))
	strangerEC, strangerEd := *p256Key(), append(ed25519.PrivateKey(nil), edwardsK()...)
	strangerEC.PublicKey = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)).PublicKey
	strangerEd[40]++
	huge := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8192, 1), E: 65537}
	point := func(x, y int64) *ecdsa.PublicKey {
		//lint:ignore SA1019 there is no other way to make a wrong one
		return &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(x), Y: big.NewInt(y)}
	}
	public := func(algorithm string, key crypto.PublicKey) func() {
		return func() {
			if _, err := jwt.PublicKey(algorithm, key); err != nil {
				panic(err.Error())
			}
		}
	}
	for name, row := range map[string]struct {
		want string
		make func()
	}{
		"RSA of 1024 bits":        {"it has 1024 bits, and needs 2048", func() { must(jwt.PrivateKey("RS256", small)) }},
		"RSA of 1024 bits, PSS":   {"it has 1024 bits", func() { must(jwt.PrivateKey("PS512", small)) }},
		"RSA of 1024, public":     {"it has 1024 bits", public("RS256", &small.PublicKey)},
		"RSA of 8193 bits":        {"it has 8193 bits", public("RS256", huge)},
		"RSA, exponent 1":         {"exponent", public("RS256", &rsa.PublicKey{N: rsaKey().N, E: 1})},
		"RSA, exponent even":      {"exponent", public("RS256", &rsa.PublicKey{N: rsaKey().N, E: 65536})},
		"RSA, exponent 0":         {"exponent", public("RS256", &rsa.PublicKey{N: rsaKey().N})},
		"RSA, modulus even":       {"modulus", public("RS256", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537})},
		"RSA, modulus negative":   {"modulus", public("RS256", &rsa.PublicKey{N: new(big.Int).Neg(rsaKey().N), E: 65537})},
		"RSA, nothing":            {"needs an RSA key", public("RS256", &rsa.PublicKey{})},
		"RSA, nil":                {"needs an RSA key", func() { must(jwt.PrivateKey("RS256", (*rsa.PrivateKey)(nil))) }},
		"RSA, no private half":    {"needs an RSA key", func() { must(jwt.PrivateKey("RS256", &rsa.PrivateKey{PublicKey: rsaKey().PublicKey})) }},
		"RSA, another's half":     {"is not the one of its public key", func() { must(jwt.PrivateKey("RS256", halves(&another.PublicKey))) }},
		"P-384 for ES256":         {"on the curve P-256", func() { must(jwt.PrivateKey("ES256", p384Key())) }},
		"P-256 for ES384":         {"on the curve P-384", func() { must(jwt.PrivateKey("ES384", p256Key())) }},
		"P-256 for ES512":         {"on the curve P-521", func() { must(jwt.PrivateKey("ES512", p256Key())) }},
		"EC, nil":                 {"on the curve P-256", func() { must(jwt.PrivateKey("ES256", (*ecdsa.PrivateKey)(nil))) }},
		"EC, another's half":      {"is not the one of its public key", func() { must(jwt.PrivateKey("ES256", &strangerEC)) }},
		"EC, no point":            {"not a point", public("ES256", point(5, 7))},
		"EC, at infinity":         {"not a point", public("ES256", point(0, 0))},
		"EC, no coordinates":      {"on the curve P-256", public("ES256", &ecdsa.PublicKey{Curve: elliptic.P256()})},
		"Ed25519, nil":            {"needs an Ed25519 key", func() { must(jwt.PrivateKey("EdDSA", ed25519.PrivateKey(nil))) }},
		"Ed25519, short":          {"needs an Ed25519 key", public("EdDSA", ed25519.PublicKey("short"))},
		"Ed25519, another's half": {"is not the one of its public key", func() { must(jwt.PrivateKey("EdDSA", strangerEd)) }},
		"RSA for ES256":           {"on the curve P-256", public("ES256", &rsaKey().PublicKey)},
		"EC for RS256":            {"needs an RSA key", public("RS256", &p256Key().PublicKey)},
		"EC for EdDSA":            {"needs an Ed25519 key", public("EdDSA", &p256Key().PublicKey)},
		"private for public":      {"needs an RSA key", public("RS256", rsaKey())},
		"a secret":                {"needs an RSA key", public("RS256", []byte(secret))},
		"HS256 with a public key": {"has a secret", public("HS256", &rsaKey().PublicKey)},
		"none":                    {`"none" is not an algorithm`, public("none", nil)},
		"no algorithm":            {`"" is not an algorithm`, public("", &rsaKey().PublicKey)},
		"in lower case":           {`"rs256" is not an algorithm`, public("rs256", &rsaKey().PublicKey)},
	} {
		if message := panics.Of(row.make); !strings.HasPrefix(message, "jwt: ") || !strings.Contains(message, row.want) {
			t.Errorf("%s: %q, want %q", name, message, row.want)
		}
	}
}

// TestParseKey checks that anything but the PEM of one key is refused, and that
// no error quotes it.
func TestParseKey(t *testing.T) {
	private, public := string(privatePEM(p256Key())), string(publicPEM(p256Key()))
	sec1 := string(pemOf("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(p256Key()))))
	parameters := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
	pkcs1 := string(pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey())))
	pkcs1Public := string(pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)))
	der := must(x509.MarshalPKCS8PrivateKey(p256Key()))
	for name, row := range map[string]struct{ algorithm, text, want string }{
		"PKCS 8":                  {"ES256", private, ""},
		"SEC 1":                   {"ES256", sec1, ""},
		"SEC 1 with parameters":   {"ES256", parameters + sec1, ""},
		"PKCS 1":                  {"RS256", pkcs1, ""},
		"PKCS 1, public":          {"RS256", pkcs1Public, ""},
		"of another algorithm":    {"RS256", private, "needs an RSA key"},
		"of another curve":        {"ES384", private, "on the curve P-384"},
		"for HMAC":                {"HS256", private, "use jwt.HS256(secret)"},
		"for none":                {"none", private, "is not an algorithm"},
		"nothing":                 {"ES256", "", "no PEM block"},
		"DER":                     {"ES256", string(der), "no PEM block"},
		"line breaks lost":        {"ES256", strings.ReplaceAll(private, "\n", `\n`), "no PEM block"},
		"two keys":                {"ES256", public + private, "more than one key"},
		"text behind it":          {"ES256", private + "x", "more than one key"},
		"only parameters":         {"ES256", parameters, "no PEM block"},
		"truncated":               {"ES256", string(pemOf("PRIVATE KEY", der[:60])), "does not hold what it says"},
		"says that it is another": {"ES256", string(pemOf("PUBLIC KEY", der)), "does not hold what it says"},
		"a certificate":           {"ES256", string(pemOf("CERTIFICATE", der)), "openssl x509"},
		"encrypted":               {"ES256", string(pemOf("ENCRYPTED PRIVATE KEY", der)), "encrypted"},
		"encrypted by old OpenSSL": {"ES256",
			strings.Replace(sec1, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1),
			"encrypted"},
		"of OpenSSH":         {"ES256", string(pemOf("OPENSSH PRIVATE KEY", der)), "ssh-keygen"},
		"of an unknown kind": {"ES256", string(pemOf(fmt.Sprintf("%x", der), der)), "is not a key"},
		"of X25519, not for signing": {"EdDSA",
			string(pemOf("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(must(p256Key().ECDH()).PublicKey())))),
			"Ed25519"},
	} {
		key, err := jwt.ParseKey(row.algorithm, []byte(row.text))
		if row.want == "" {
			if err != nil || key.Algorithm() != row.algorithm {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), "jwt: ") || !strings.Contains(err.Error(), row.want) || key.Algorithm() != "" {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
		if err != nil && (strings.Contains(err.Error(), "MI") || strings.Contains(err.Error(), fmt.Sprintf("%x", der[:8]))) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
}

// TestKeysDoNotPrint checks that keys do not print, not even inside an issuer,
// where package fmt reads unexported fields.
func TestKeysDoNotPrint(t *testing.T) {
	config := rotating()
	config.Key = must(jwt.PrivateKey("EdDSA", edwardsK())).WithID("now")
	config.VerificationKeys = []jwt.Key{jwt.HS256([]byte(secret)), must(jwt.PrivateKey("RS256", rsaKey())).WithID("rsa")}
	issuer := jwt.NewIssuer(fixture(t), config)
	printed := fmt.Sprintf("%v %+v %#v %s %x %v %+v %#v", config, config, config, config.Key, config.Key, issuer, issuer, *issuer)
	for name, value := range map[string]string{
		"seed in hexadecimal": strings.Repeat("73", 16), "seed in decimal": strings.Repeat("115 ", 16), "seed": strings.Repeat("s", 16),
		"seed in Go": strings.Repeat("0x73, ", 16), "secret": secret, "secret in hexadecimal": fmt.Sprintf("%x", secret)[:40],
		"secret in decimal": fmt.Sprint([]byte(secret))[1:40], "RSA": rsaKey().D.String()[:40],
	} {
		if strings.Contains(printed, value) {
			t.Errorf("the %s is printed", name)
		}
	}
	if got := fmt.Sprintf("%v|%d|%#v", config.Key, config.Key, config.Key); got != "EdDSA key|EdDSA key|EdDSA key" {
		t.Error(got)
	}
}

// TestKeysThatAreEqual checks that keys are equal if they verify the same
// signatures, whatever their ids.
func TestKeysThatAreEqual(t *testing.T) {
	secret := func(c string) []byte { return []byte(strings.Repeat(c, 64)) }
	keys := map[string]func() jwt.Key{
		"none":            func() jwt.Key { return jwt.Key{} },
		"a secret":        func() jwt.Key { return jwt.HS256(secret("a")) },
		"another":         func() jwt.Key { return jwt.HS256(secret("b")) },
		"of another hash": func() jwt.Key { return jwt.HS512(secret("a")) },
		"RSA":             func() jwt.Key { return must(jwt.PrivateKey("RS256", rsaKey())) },
		"RSA, PSS":        func() jwt.Key { return must(jwt.PrivateKey("PS256", rsaKey())) },
	}
	for a, one := range keys {
		for b, other := range keys {
			if got := one().Equal(other()); got != (a == b) {
				t.Errorf("%s and %s: %v", a, b, got)
			}
		}
	}
	if public := must(jwt.PublicKey("RS256", rsaKey().Public())); !public.Equal(must(jwt.PrivateKey("RS256", rsaKey())).WithID("1")) {
		t.Error("a public key and its private one")
	}
}
