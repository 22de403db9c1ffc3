package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// view adds what DRF's views have and Gin's routes lack: one policy for all
// methods of a path, answers to methods that the path does not have, and the
// Allow header.
type view struct {
	name    string // as OPTIONS reports it
	methods []string
	handler gin.HandlerFunc
	options gin.HandlerFunc // nil means DRF's
}

// views holds the views of the application by path.
type views map[string]view

// route declares a view. Every method passes the view's policy before the
// method is looked at.
func (app *application) route(path string, v view, rules ...ginauth.Rule) {
	app.views[path] = v
	app.auth.With(app.engine, rules...).Any(path, v.dispatch)
}

// prepare does what a DRF view does before authentication: it sets Allow, and
// answers 406 to clients that do not accept JSON.
func (vs views) prepare(c *gin.Context) {
	v, ok := vs[c.FullPath()]
	if !ok {
		return
	}
	c.Header("Allow", strings.Join(append(slices.Clone(v.methods), "OPTIONS"), ", "))
	switch format, given := c.GetQuery("format"); {
	case given && format != "" && format != "json":
		renderWithCode(c, ginauth.NotFound())
		c.Abort()
	case !acceptsJSON(c.Request.Header["Accept"]):
		renderWithCode(c, notAcceptable())
		c.Abort()
	}
}

// acceptsJSON reports whether a request's Accept header admits JSON
// (DefaultContentNegotiation).
func acceptsJSON(header []string) bool {
	if len(header) == 0 {
		return true
	}
	for accepted := range strings.SplitSeq(strings.Join(header, ","), ",") {
		mediaType, _, _ := strings.Cut(accepted, ";")
		main, sub, _ := strings.Cut(strings.ToLower(strings.TrimSpace(mediaType)), "/")
		if (main == "*" || main == "application") && (sub == "*" || sub == "json") {
			return true
		}
	}
	return false
}

func (v view) dispatch(c *gin.Context) {
	switch {
	case slices.Contains(v.methods, c.Request.Method):
		v.handler(c)
	case c.Request.Method == http.MethodOptions && v.options != nil:
		v.options(c)
	case c.Request.Method == http.MethodOptions:
		ginauth.JSON(c, http.StatusOK, struct {
			Name        string               `json:"name"`
			Description string               `json:"description"`
			Renders     []string             `json:"renders"`
			Parses      []requestdata.Parser `json:"parses"`
		}{v.name, "", []string{"application/json"}, parsers})
	default:
		ginauth.Abort(c, ginauth.MethodNotAllowed(c.Request.Method))
	}
}

var parsers = []requestdata.Parser{requestdata.JSON, requestdata.Form, requestdata.Multipart}

// renderWithCode is the application's exception handler. It writes DRF's body,
// and adds the code in a header if there is exactly one.
func renderWithCode(c *gin.Context, e *ginauth.Error) {
	if _, ok := e.Detail.(string); ok {
		c.Header("X-Error-Code", e.Code)
	}
	ginauth.RenderDetail(c, e)
}

// facts is the answer of whoami.
type facts struct {
	Method        string  `json:"method"`
	User          *string `json:"user"`
	Authenticated bool    `json:"authenticated"`
	Auth          any     `json:"auth"`
	Data          any     `json:"data,omitempty"`
}

func whoami(c *gin.Context) { ginauth.JSON(c, http.StatusOK, factsOf(c)) }

func factsOf(c *gin.Context) facts {
	id := ginauth.Current(c)
	f := facts{Method: c.Request.Method, Authenticated: id.Authenticated(), Auth: id.Auth}
	if user, ok := ginauth.UserAs[*models.User](c); ok {
		f.User = &user.Username
	}
	if token, ok := ginauth.AuthAs[*models.Token](c); ok {
		f.Auth = "token:" + string(token.Key)
	}
	if token, ok := ginauth.AuthAs[*jwt.Token](c); ok {
		f.Auth = "jwt:" + token.UserID
	}
	return f
}

// data answers as whoami does, and adds the parsed body.
func data(c *gin.Context) {
	body, err := requestdata.Read(c.Request, 2_621_440, parsers...)
	if err != nil {
		ginauth.Abort(c, err)
		return
	}
	f := factsOf(c)
	form := map[string]string{}
	for name, field := range body.Form {
		form[name] = field.Text
	}
	f.Data = form
	if body.JSON != nil {
		f.Data = body.JSON
	}
	ginauth.JSON(c, http.StatusOK, f)
}
