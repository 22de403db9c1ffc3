package ginauth_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/ginauth/ginauth/ginauth"
)

// TestErrorsAreCopied checks that an Error can be shared: the methods that
// return another one leave their receiver as it is.
func TestErrorsAreCopied(t *testing.T) {
	cause := errors.New("cause")
	for _, row := range []struct {
		method string
		change func(e *ginauth.Error) *ginauth.Error
		want   ginauth.Error
	}{
		{"WithDetail", func(e *ginauth.Error) *ginauth.Error { return e.WithDetail("No.") },
			ginauth.Error{Status: 429, Code: "throttled", Detail: "No."}},
		{"WithCode", func(e *ginauth.Error) *ginauth.Error { return e.WithCode("no") },
			ginauth.Error{Status: 429, Code: "no", Detail: "Request was throttled."}},
		{"Because", func(e *ginauth.Error) *ginauth.Error { return e.Because(cause) },
			ginauth.Error{Status: 429, Code: "throttled", Detail: "Request was throttled.", Err: cause}},
		{"AvailableIn", func(e *ginauth.Error) *ginauth.Error { return e.AvailableIn(time.Second) },
			ginauth.Error{Status: 429, Code: "throttled", Detail: "Request was throttled. Expected available in 1 second.", Wait: time.Second}},
	} {
		shared := ginauth.Throttled()
		changed := row.change(shared)
		if !reflect.DeepEqual(*changed, row.want) {
			t.Errorf("%s returned %+v, want %+v", row.method, *changed, row.want)
		}
		if !reflect.DeepEqual(shared, ginauth.Throttled()) {
			t.Errorf("%s changed its receiver to %+v", row.method, *shared)
		}
	}
}
