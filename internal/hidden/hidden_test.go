package hidden_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/hidden"
)

func TestValueDoesNotPrint(t *testing.T) {
	type holder struct {
		text  hidden.Value[string]
		bytes hidden.Value[*[]byte]
	}
	secret := []byte("sesame")
	h := holder{hidden.Of("sesame"), hidden.Of(&secret)}
	for _, v := range []any{h, &h, []holder{h}, map[string]*holder{"": &h}, struct{ inner holder }{h}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			for _, forbidden := range []string{"sesame", "736573616d65", "115 101", "0x73, 0x65"} {
				if strings.Contains(text, forbidden) {
					t.Errorf("%s of %T: %s", verb, v, text)
				}
			}
		}
	}
	if h.text.Get() != "sesame" || string(*h.bytes.Get()) != "sesame" {
		t.Error("a value is lost")
	}
	if got := (hidden.Value[string]{}).Get(); got != "" {
		t.Errorf("the zero value holds %q", got)
	}
}
