package requestdata_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/requestdata"
)

func read(body, contentType string) (requestdata.Data, error) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return requestdata.Read(r, 1<<16, requestdata.Form, requestdata.Multipart, requestdata.JSON)
}

// show prints data, or the refusal, on one line.
func show(data requestdata.Data, err error) string {
	if e, ok := errors.AsType[*ginauth.Error](err); ok {
		return fmt.Sprint(e.Status, " ", e.Detail)
	}
	if err != nil {
		return err.Error()
	}
	if data.JSON != nil {
		return "json " + string(data.JSON)
	}
	out := "form"
	for _, name := range slices.Sorted(maps.Keys(data.Form)) {
		out += fmt.Sprintf(" %s=%q", name, data.Form[name].Text)
		if data.Form[name].File {
			out += "(file)"
		}
	}
	return out
}

func part(headers, content string) string { return "--B\r\n" + headers + "\r\n\r\n" + content + "\r\n" }

const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"

func TestRead(t *testing.T) {
	name := func(n string) string { return `Content-Disposition: form-data; name="` + n + `"` }
	for _, row := range []struct{ body, contentType, want string }{
		{"", "", "form"},
		{"", "text/plain", "form"},
		{"x", "", `415 Unsupported media type "" in request.`},
		{"x", "text/plain; a=b", `415 Unsupported media type "text/plain; a=b" in request.`},
		{"{}", "text/json", `415 Unsupported media type "text/json" in request.`},
		{"{}", "application/json, text/plain", `415 Unsupported media type "application/json, text/plain" in request.`},
		{`{"a":1}`, "application/json", `json {"a":1}`},
		{`{"a":1}`, `APPLICATION/JSON ; Charset="UTF-8"`, `json {"a":1}`},
		{`{"a":1}`, "*/json", `json {"a":1}`},
		{"a=1", "*/*", `form a="1"`},
		{"{nope", "application/json", "400 JSON parse error - invalid character 'n' looking for beginning of object key string"},
		{"{} x", "application/json", "400 JSON parse error - invalid character 'x' after top-level value"},
		{`{"a":NaN}`, "application/json", "400 JSON parse error - invalid character 'N' looking for beginning of value"},
		{"\ufeff{}", "application/json", "400 JSON parse error - invalid character 'ï' looking for beginning of value"},
		{"\"\xe9\"", "application/json", "400 JSON parse error - invalid utf-8"},
		{"\"\xe9\"", "application/json; charset=latin-1", `json "é"`},
		{"\"\xe9\"", "application/json; charset=ascii", "400 JSON parse error - invalid ascii"},
		{`"é"`, "application/json; charset=nonsense", `json "é"`},
		{"a=1&b=two+words&a=3", form, `form a="3" b="two words"`},
		{"a=1;b=2", form, `form a="1;b=2"`},
		{"a=%zz&b=%4&c=%41%", form, `form a="%zz" b="%4" c="A%"`},
		{"a=%ff", form, `form a="` + "\ufffd" + `"`},
		{"a=%E9", form + "; charset=iso-8859-1", `form a="é"`},
		{"a&=&&b=", form, `form =""` + ` a="" b=""`},
		{strings.Repeat("a=1&", 1000) + "a=1", form, "400 The number of form fields exceeds the limit."},
		{part(name("a"), "1") + part(name("a"), "2") + "--B--\r\n", multi, `form a="2"`},
		{part(name("a")+`; filename="x.txt"`, "1") + "--B--\r\n", multi, `form a=""(file)`},
		{part(name("a")+`; filename=""`, "1") + "--B--\r\n", multi, `form a="1"`},
		{part(name("a")+"\r\nContent-Transfer-Encoding: base64", "YQ==") + "--B--\r\n", multi, `form a="a"`},
		{part(name("a")+"\r\nContent-Transfer-Encoding: base64", "Y") + "--B--\r\n", multi,
			"400 Multipart form parse error - Could not decode base64 data."},
		{part("Content-Type: text/plain", "1") + "--B--\r\n", multi, "form"},
		{"garbage", multi, "form"},
		{part(name("b"), "1") + part(name("a"), "1"), multi, `form b="1"`},
		{"x", "multipart/form-data", "400 Multipart form parse error - Invalid boundary in multipart: None"},
		{"x", "multipart/form-data; boundary=", "400 Multipart form parse error - Invalid boundary in multipart: "},
		{"x", "multipart/mixed; boundary=B", `415 Unsupported media type "multipart/mixed; boundary=B" in request.`},
		{strings.Repeat("a", 1<<16+1), form, "413 Request body too large."},
		{strings.Repeat(part(name("a"), ""), 1001), multi, "400 Multipart form parse error - The number of form fields exceeds the limit."},
	} {
		if got := show(read(row.body, row.contentType)); got != row.want {
			t.Errorf("%.40q as %q:\n got %s\nwant %s", row.body, row.contentType, got, row.want)
		}
	}
}

func TestDeepNestingIsRefusedNotFatal(t *testing.T) {
	if _, err := read(strings.Repeat("[", 60_000), "application/json"); err == nil {
		t.Error("unbalanced JSON was accepted")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a=1&b=%zz", form)
	f.Add(`{"a":1}`, "application/json; charset=latin-1")
	f.Add(part(`Content-Disposition: form-data; name="a"`, "1"), multi)
	f.Add("x", `multipart/form-data; boundary="\"`)
	f.Add("x", ";;=;\"")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header["Content-Type"] = []string{contentType}
		_, err := requestdata.Read(r, 1<<16, requestdata.JSON, requestdata.Form, requestdata.Multipart)
		if e, ok := errors.AsType[*ginauth.Error](err); err != nil && (!ok || e.Status < 400 || e.Status > 499) {
			t.Fatalf("%q as %q: %v", body, contentType, err)
		}
	})
}
