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

// templates escape what they show for the place where it stands, see [html/template].
var templates = template.Must(template.ParseFS(files, "pages/*.html"))

// contentPolicy lets a page load its stylesheet and its icon, and post to its own site. Nothing else: no script, not even one that got
// into the page, and no frame around it, in which another site could have it clicked.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// securityHeaders stands before the guard, so that refusals have the headers too.
func securityHeaders(c *gin.Context) {
	c.Header("Content-Security-Policy", contentPolicy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Referrer-Policy", "same-origin") // with no-referrer browsers say "Origin: null", and no form would be accepted
	c.Header("Cache-Control", "no-store")      // what was on a page is gone from the browser after the logout
}

// limitBody refuses to read more of a request than any form or note here needs.
func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 64<<10)
}

// errorPage is what the template error.html shows.
type errorPage struct {
	Status  int
	Title   string
	Message string // what an API's client would be told
}

// renderError answers refusals: whoever has to log in is sent to the login page, other browsers get a page, and everybody else, also a
// browser that visits the API, gets DRF's JSON.
func renderError(c *gin.Context, e *ginauth.Error) {
	switch {
	case e.Code == codeLoginRequired:
		c.Redirect(http.StatusSeeOther, "/login")
	case !isAPI(c.FullPath()) && c.NegotiateFormat(gin.MIMEJSON, gin.MIMEHTML) == gin.MIMEHTML:
		message, _ := e.Detail.(string)
		c.HTML(e.Status, "error.html", errorPage{e.Status, http.StatusText(e.Status), message})
	default:
		ginauth.RenderDetail(c, e)
	}
}

// isAPI tells by its route whether a request is one of a program.
func isAPI(route string) bool {
	return strings.HasPrefix(route, "/api") || strings.HasPrefix(route, "/staff")
}

// asset serves a file that pages refer to. Browsers keep it, and ask whether it is still the same.
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
