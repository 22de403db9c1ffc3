package requestdata_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/requestdata"
)

// TestABodyIsReadAndParsedOnce checks that it is, and that other code can read
// it too.
func TestABodyIsReadAndParsedOnce(t *testing.T) {
	const form = "a=1&b=2"
	source := &once{Reader: strings.NewReader(form)}
	r := httptest.NewRequest(http.MethodPost, "/", source)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The body is too long for this reader.
	if field, err := requestdata.FormField(r, 3, "a"); field.Text != "1" || err != nil {
		t.Errorf("%+v, %v", field, err)
	}
	if err := requestdata.Within(r, 100); err != nil {
		t.Error(err)
	}
	first, err := requestdata.Read(r, 100, requestdata.Form)
	if first.Form["b"].Text != "2" || err != nil {
		t.Errorf("%+v, %v", first, err)
	}
	first.Form["seen"] = requestdata.Field{}
	if again, _ := requestdata.Read(r.WithContext(t.Context()), 100, requestdata.JSON, requestdata.Form); len(again.Form) != 3 {
		t.Errorf("parsed anew: %+v", again)
	}
	if err := requestdata.Within(r, 5); err == nil {
		t.Error("a limit of 5 lets 7 bytes pass")
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Get("b") != "2" {
		t.Errorf("%v, %v", r.PostForm, err)
	}
	if source.ended > 1 {
		t.Errorf("read %d times", source.ended)
	}
	r.Body = io.NopCloser(strings.NewReader("a=other")) // other middleware replaces the body
	if other, _ := requestdata.Read(r, 100, requestdata.Form); other.Form["a"].Text != "other" {
		t.Errorf("%+v", other)
	}
}

// once counts how often its end is reached.
type once struct {
	io.Reader
	ended int
}

func (o *once) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil {
		o.ended++
	}
	return n, err
}
