package main

import (
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/stack"
)

// raised holds the errors of /x by key.
var raised = map[string]func() *ginauth.Error{
	"http404":       ginauth.NotFound,
	"notfound":      ginauth.NotFound,
	"notfound-msg":  func() *ginauth.Error { return ginauth.NotFound().WithDetail("No such thing.") },
	"django-denied": ginauth.PermissionDenied,
	"denied":        ginauth.PermissionDenied,
	"denied-msg": func() *ginauth.Error {
		return ginauth.PermissionDenied().WithDetail("Not you.").WithCode("not_you")
	},
	"not-auth":        ginauth.NotAuthenticated,
	"not-auth-msg":    func() *ginauth.Error { return ginauth.NotAuthenticated().WithDetail("Who?").WithCode("who") },
	"auth-failed":     ginauth.AuthenticationFailed,
	"parse":           ginauth.ParseError,
	"parse-msg":       func() *ginauth.Error { return ginauth.ParseError().WithDetail("Bad hair.") },
	"validation":      func() *ginauth.Error { return ginauth.ValidationError("Wrong.") },
	"validation-list": func() *ginauth.Error { return ginauth.ValidationError([]string{"One.", "Two."}) },
	"validation-dict": func() *ginauth.Error {
		other := map[string]any{"deep": []string{"Worse."}}
		return ginauth.ValidationError(map[string]any{"field": []string{"Bad."}, "other": other})
	},
	"throttled":        func() *ginauth.Error { return ginauth.Throttled().AvailableIn(17 * time.Second) },
	"throttled-frac":   func() *ginauth.Error { return ginauth.Throttled().AvailableIn(1200 * time.Millisecond) },
	"throttled-one":    func() *ginauth.Error { return ginauth.Throttled().AvailableIn(time.Second) },
	"throttled-zero":   func() *ginauth.Error { return ginauth.Throttled().AvailableIn(0) },
	"throttled-nowait": ginauth.Throttled,
	"throttled-msg": func() *ginauth.Error {
		return ginauth.Throttled().WithDetail("Slow down.").AvailableIn(5 * time.Second)
	},
	"method":         func() *ginauth.Error { return ginauth.MethodNotAllowed("BREW") },
	"unsupported":    func() *ginauth.Error { return ginauth.UnsupportedMediaType("x/y") },
	"not-acceptable": notAcceptable,
	"teapot":         func() *ginauth.Error { return teapot("I am a teapot.", "teapot") },
	"teapot-msg":     func() *ginauth.Error { return teapot("Short.", "stout") },
	"unavailable":    unavailable,
	"base":           func() *ginauth.Error { return ginauth.ServerError(nil) },
}

// notAcceptable is DRF's NotAcceptable: nothing in ginauth negotiates content.
func notAcceptable() *ginauth.Error {
	return &ginauth.Error{
		Status: http.StatusNotAcceptable, Code: "not_acceptable",
		Detail: "Could not satisfy the request Accept header.",
	}
}

// unavailable is an exception of the application's own. DRF sends no
// Retry-After with it, as [ginauth.Unavailable] does.
func unavailable() *ginauth.Error {
	return &ginauth.Error{Status: http.StatusServiceUnavailable, Code: "unavailable", Detail: "Try later."}
}

func teapot(detail, code string) *ginauth.Error {
	return &ginauth.Error{Status: http.StatusTeapot, Code: code, Detail: detail}
}

// raisedByDjango returns the errors of Django's own Http404("secret reason") and
// PermissionDenied("why"), whose texts DRF hid before 3.15.
func raisedByDjango(releases stack.Releases) map[string]func() *ginauth.Error {
	hidden := !releases.Has(stack.ShownReasons)
	return map[string]func() *ginauth.Error{
		"http404-msg": func() *ginauth.Error {
			if hidden {
				return ginauth.NotFound()
			}
			return ginauth.NotFound().WithDetail("secret reason")
		},
		"django-denied-msg": func() *ginauth.Error {
			if hidden {
				return ginauth.PermissionDenied()
			}
			return ginauth.PermissionDenied().WithDetail("why")
		},
	}
}

// exceptions declares /x: handlers that end the request with an error.
func (app *application) exceptions(releases stack.Releases) {
	errors := raisedByDjango(releases)
	maps.Copy(errors, raised)
	for _, authKey := range []string{"none", "token", "session"} {
		authentication := app.authenticators()[authKey]
		for kind, newError := range errors {
			v := view{name: "Raiser", methods: []string{"GET", "POST"}, handler: func(c *gin.Context) {
				ginauth.Abort(c, newError())
			}}
			app.route("/x/"+authKey+"/"+kind, v, authentication, permissions["any"])
		}
	}
}
