package jwt_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

type libraryClaims struct {
	TokenType string `json:"token_type"`
	UserID    int64  `json:"user_id"`
	gojwt.RegisteredClaims
}

func request(token string) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = &http.Request{Header: http.Header{"Authorization": {"Bearer " + token}}}
	return c
}

// byLibrary does what golang-jwt needs to give the same answer.
func byLibrary(token string) error {
	_, err := gojwt.ParseWithClaims(token, &libraryClaims{}, func(*gojwt.Token) (any, error) { return []byte(secret), nil },
		gojwt.WithValidMethods([]string{"HS256"}), gojwt.WithExpirationRequired())
	return err
}

func BenchmarkVerify(b *testing.B) {
	token := signed(hs256, claims("x:1"))
	b.Run("ginauth", func(b *testing.B) {
		c, authenticator := request(token), jwt.NewStatelessAuthenticator(rotating())
		b.ReportAllocs()
		for b.Loop() {
			if _, err := authenticator.Authenticate(c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("golang-jwt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := byLibrary(token); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkVerifyAsymmetric compares with the computation of the signature
// alone, which is the floor.
func BenchmarkVerifyAsymmetric(b *testing.B) {
	for _, name := range []string{"RS256", "ES256", "EdDSA"} {
		method, private := gojwt.GetSigningMethod(name), privateOf(name)
		token := librarySigned(method, private, `{"alg":"`+name+`","typ":"JWT"}`, claims("x:1"))
		dot := strings.LastIndex(token, ".")
		input, signature := token[:dot], must(base64.RawURLEncoding.DecodeString(token[dot+1:]))
		b.Run(name+"/primitive", func(b *testing.B) {
			for b.Loop() {
				if err := method.Verify(input, signature, private.Public()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/ginauth", func(b *testing.B) {
			c, authenticator := request(token), jwt.NewStatelessAuthenticator(jwt.Config{Key: must(jwt.PublicKey(name, private.Public()))})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := authenticator.Authenticate(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAuthenticator includes the query for the user.
func BenchmarkAuthenticator(b *testing.B) {
	db := dbtest.Open(b, dbtest.SQLite(b))
	load(b, db)
	if err := models.Migrate(db); err != nil {
		b.Fatal(err)
	}
	c, authenticator := request(signed(hs256, claims("x:1"))), jwt.NewAuthenticator(db, rotating())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := authenticator.Authenticate(c); err != nil {
			b.Fatal(err)
		}
	}
}

// TestVerifyAllocates checks that verifying allocates less than golang-jwt's
// parser.
func TestVerifyAllocates(t *testing.T) {
	token := signed(hs256, claims("x:1"))
	c, authenticator := request(token), jwt.NewStatelessAuthenticator(rotating())
	ours := testing.AllocsPerRun(100, func() {
		if _, err := authenticator.Authenticate(c); err != nil {
			t.Fatal(err)
		}
	})
	theirs := testing.AllocsPerRun(100, func() {
		if err := byLibrary(token); err != nil {
			t.Fatal(err)
		}
	})
	if ours > theirs/2 {
		t.Errorf("%.0f allocations, golang-jwt has %.0f", ours, theirs)
	}
}
