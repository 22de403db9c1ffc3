package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/policies/oidc"
)

// BenchmarkVerify compares the check of a token with the computation of its
// signature, which is the floor.
func BenchmarkVerify(b *testing.B) {
	message := []byte("a message")
	sum := sha256.Sum256(message)
	rsaSum := must(rsa.SignPKCS1v15(nil, rsaKey(), crypto.SHA256, sum[:]))
	ecSum := must(ecKey().Sign(nil, sum[:], crypto.SHA256))
	edSum := ed25519.Sign(edKey(), message)
	edPublic := edKey().Public().(ed25519.PublicKey)
	for _, row := range []struct {
		method gojwt.SigningMethod
		key    crypto.Signer
		floor  func() bool
	}{
		{gojwt.SigningMethodRS256, rsaKey(), func() bool {
			return rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, sum[:], rsaSum) == nil
		}},
		{gojwt.SigningMethodES256, ecKey(), func() bool { return ecdsa.VerifyASN1(&ecKey().PublicKey, sum[:], ecSum) }},
		{gojwt.SigningMethodEdDSA, edKey(), func() bool { return ed25519.Verify(edPublic, message, edSum) }},
	} {
		b.Run(row.method.Alg()+"/primitive", func(b *testing.B) {
			for b.Loop() {
				if !row.floor() {
					b.Fatal("wrong")
				}
			}
		})
		b.Run(row.method.Alg()+"/ginauth", func(b *testing.B) {
			i := newIssuer(b, jwk("1", row.key))
			a := oidc.NewStatelessAuthenticator(i.config(newClock()))
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = &http.Request{Header: http.Header{"Authorization": {"Bearer " + i.sign(token{row.method, row.key, nil, nil})}}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Authenticate(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
