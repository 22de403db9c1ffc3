package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

//go:embed pages
var files embed.FS

// templates escape each value for the place where it appears, see
// [html/template].
var templates = template.Must(template.ParseFS(files, "pages/*.html"))

// contentPolicy lets a page load its stylesheet and its icon, and post to its
// own site, and nothing else: no script, not even one that was injected into
// the page, and no frame around it, in which another site could trick visitors
// into clicking it.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// securityHeaders runs before the guard, so that refusals have the headers too.
func securityHeaders(c *gin.Context) {
	c.Header("Content-Security-Policy", contentPolicy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	// With no-referrer browsers send "Origin: null", and no form would be
	// accepted.
	c.Header("Referrer-Policy", "same-origin")
	// After the logout, nothing that was on a page remains in the browser.
	c.Header("Cache-Control", "no-store")
}

// limitBody refuses to read more of a request than any form or note here needs.
func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 64<<10)
}

// errorPage is the data of the template error.html.
type errorPage struct {
	Status  int
	Title   string
	Message string // the message that an API client would get
	Form    bool   // the request posted a form
}

// renderError answers refusals. Visitors who have to log in are sent to the
// login page, and other browsers get a page. All other clients, including
// browsers that visit the API, get DRF's JSON.
func renderError(c *gin.Context, e *ginauth.Error) {
	switch {
	case e.Code == codeLoginRequired:
		c.Redirect(http.StatusSeeOther, "/login")
	case !isAPI(c.FullPath()) && c.NegotiateFormat(gin.MIMEJSON, gin.MIMEHTML) == gin.MIMEHTML:
		message, _ := e.Detail.(string)
		posted := c.Request.Method == http.MethodPost
		c.HTML(e.Status, "error.html", errorPage{e.Status, http.StatusText(e.Status), message, posted})
	default:
		ginauth.RenderDetail(c, e)
	}
}

// isAPI reports whether a route is for programs.
func isAPI(route string) bool {
	return strings.HasPrefix(route, "/api") || strings.HasPrefix(route, "/staff")
}

// asset serves a file that pages refer to. Browsers keep it, and ask whether it
// is still current.
func asset(name string) gin.HandlerFunc {
	content, err := files.ReadFile("pages/" + name)
	if err != nil {
		panic(err)
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(content))
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Header("ETag", tag)
		http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(content))
	}
}
