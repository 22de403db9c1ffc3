package jwt

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// ParseKey reads a key for an algorithm, e.g. "RS256", from PEM, the form of
// simplejwt's SIGNING_KEY and VERIFYING_KEY. From a private key ("PRIVATE KEY",
// "RSA PRIVATE KEY", "EC PRIVATE KEY") it returns a key that signs and
// verifies, from a public key ("PUBLIC KEY", "RSA PUBLIC KEY") one that only
// verifies. The text must hold one key, followed by nothing but blanks.
//
// The error says what is wrong with the key, or with its strength (see
// [PrivateKey]), and never quotes it.
func ParseKey(algorithm string, text []byte) (Key, error) {
	method, err := asymmetricMethod(algorithm)
	if err != nil {
		return Key{}, err
	}
	parsed, private, err := parsePEM(text)
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("jwt: ParseKey: %w", err)
	case private:
		return asymmetricKey(method, parsed)
	}
	return PublicKey(algorithm, parsed)
}

// parsePEM reads the only key of a text. It drops the errors of package x509,
// because they concern a secret.
func parsePEM(text []byte) (key any, private bool, err error) {
	block, err := onlyBlock(text)
	if err != nil {
		return nil, false, err
	}
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		return nil, false, errors.New("it is a certificate; take its key: openssl x509 -pubkey -noout -in cert.pem")
	case "ENCRYPTED PRIVATE KEY":
		return nil, false, errEncrypted
	case "OPENSSH PRIVATE KEY":
		return nil, false, errors.New("it is in OpenSSH's format; convert it: ssh-keygen -p -m PKCS8 -f key.pem")
	default:
		return nil, false, errors.New("the PEM block is not a key")
	}
	if err != nil {
		return nil, false, fmt.Errorf("the block %s does not hold what it says", block.Type)
	}
	_, private = key.(interface{ Public() crypto.PublicKey })
	return key, private, nil
}

var errEncrypted = errors.New("the key is encrypted; decrypt it: openssl pkey -in key.pem")

// onlyBlock returns the only PEM block of a text, apart from the parameters
// that OpenSSL writes before ECDSA keys.
func onlyBlock(text []byte) (*pem.Block, error) {
	block, rest := pem.Decode(bytes.TrimSpace(text))
	if block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New("there is no PEM block, which begins with five dashes and BEGIN; are " +
			"its line breaks there?")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("there is more than one key in the text, or something behind it")
	case block.Headers["DEK-Info"] != "":
		return nil, errEncrypted
	}
	return block, nil
}
