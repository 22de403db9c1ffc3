package session

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/models"
)

func FuzzDecodeSession(f *testing.F) {
	keys := models.SecretKeys{"a key of more than 16 bytes"}
	signer := djangosigning.New(keys, "x")
	s := &Store{keys: hidden.Of(keys), signer: signer}
	payload, _ := djangosigning.Pack([]byte(`{"a":"` + strings.Repeat("x", 100) + `"}`))
	f.Add(signer.Sign(payload, time.Now()), payload)
	f.Add("::", ".")
	f.Add("", "e30")
	f.Fuzz(func(t *testing.T, data, payload string) {
		if values, _ := s.decode(data); len(values) > 0 {
			if _, _, err := signer.Unsign(data); err != nil {
				t.Fatalf("%q is not signed", data)
			}
		}
		s.decode(signer.Sign(payload, time.Now())) // signed garbage
	})
}
