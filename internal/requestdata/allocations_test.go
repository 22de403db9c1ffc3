//go:build !race

package requestdata_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/internal/testing/hostilebody"
)

// TestBodiesAreBounded checks that the data read from a body of 64 KiB takes no
// more than a few times that length, however the body is made.
func TestBodiesAreBounded(t *testing.T) {
	const length, most = 64 << 10, 2 << 20
	for _, body := range hostilebody.OfLength(length) {
		if len(body.Text) > length {
			t.Fatalf("%s has %d bytes", body.Name, len(body.Text))
		}
		took := hostilebody.Allocated(func() {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body.Text))
			r.Header.Set("Content-Type", body.ContentType)
			data, _ := requestdata.Read(r, length, requestdata.Form, requestdata.Multipart, requestdata.JSON)
			data.Member("username")
			data.Member("password")
		})
		if took > most {
			t.Errorf("%s: %d bytes allocated for %d", body.Name, took, len(body.Text))
		}
	}
}

// TestFormFieldsAreBounded checks the memory taken by the CSRF check, which
// reads the application's forms, whose uploads are longer, and no other bodies.
func TestFormFieldsAreBounded(t *testing.T) {
	const length, most = 2_621_440, 32 << 20
	for _, body := range hostilebody.OfLength(length) {
		took := hostilebody.Allocated(func() {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body.Text))
			r.Header.Set("Content-Type", body.ContentType)
			_, _ = requestdata.FormField(r, length, "csrfmiddlewaretoken")
		})
		if took > most || strings.HasPrefix(body.ContentType, "application/json") && took > 64<<10 {
			t.Errorf("%s: %d bytes allocated for %d", body.Name, took, len(body.Text))
		}
	}
}
