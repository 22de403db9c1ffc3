package ginauthtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/trial"
)

// Client sends requests to a handler without a network. It is safe for
// concurrent use; its methods As and With return other clients.
type Client struct {
	t           testing.TB
	handler     http.Handler
	identity    *ginauth.Identity
	credentials []Credential
}

// Credential adds a credential to a request, such as a header.
type Credential func(r *http.Request)

// NewClient returns a client without credentials. handler is most often the
// engine.
func NewClient(t testing.TB, handler http.Handler) *Client {
	t.Helper()
	return &Client{t: t, handler: handler}
}

// As returns a client whose requests are those of a user, without a credential
// (DRF: force_authenticate). No authenticator is asked, so no token is looked
// up and no CSRF token is needed; what else the policy declares holds. Routes
// without authenticators see an anonymous client, as they do in production,
// where DRF's function would show them the user.
//
// auth is the credential that handlers and permissions see, nil by default.
func (c *Client) As(user ginauth.User, auth ...any) *Client {
	c.t.Helper()
	if !testing.Testing() {
		panic("ginauthtest: As is for tests")
	}
	if len(auth) > 1 {
		c.t.Fatal("ginauthtest: As takes one credential")
	}
	as := *c
	as.identity = &ginauth.Identity{User: user}
	if len(auth) == 1 {
		as.identity.Auth = auth[0]
	}
	return &as
}

// With returns a client whose requests have a credential too.
func (c *Client) With(credential Credential) *Client {
	with := *c
	with.credentials = append(slices.Clip(c.credentials), credential)
	return &with
}

// Response is the answer to a request.
type Response struct {
	*httptest.ResponseRecorder

	// Refused reports whether a guard has refused the request, whatever the
	// application's ErrorRenderer answers then.
	Refused bool
}

// String returns the status and the body, as in "404 {"detail":"Not found."}".
func (r Response) String() string { return fmt.Sprint(r.Code, " ", r.Body) }

// Get sends a GET request.
func (c *Client) Get(target string) Response {
	c.t.Helper()
	return c.Do(http.MethodGet, target, nil)
}

// Post sends a POST request; see [Client.Do].
func (c *Client) Post(target string, body any) Response {
	c.t.Helper()
	return c.Do(http.MethodPost, target, body)
}

// Do sends a request. The body may be nil, [url.Values] (sent as a form), or a
// string, a []byte or an [io.Reader] (sent as JSON, as they are); anything else
// is encoded as JSON.
func (c *Client) Do(method, target string, body any) Response {
	c.t.Helper()
	content, contentType := c.encode(body)
	r := httptest.NewRequestWithContext(c.t.Context(), method, target, content)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return c.Send(r)
}

// Send sends a request that has been made already, with the client's identity
// and credentials.
func (c *Client) Send(r *http.Request) Response {
	for _, add := range c.credentials {
		add(r)
	}
	request := &trial.Trial{}
	if c.identity != nil {
		request.Identity = c.identity
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r.WithContext(trial.With(r.Context(), request)))
	return Response{w, request.Refused.Load()}
}

func (c *Client) encode(body any) (content io.Reader, contentType string) {
	c.t.Helper()
	const asJSON = "application/json"
	switch body := body.(type) {
	case nil:
		return nil, ""
	case url.Values:
		return strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	case string:
		return strings.NewReader(body), asJSON
	case []byte:
		return bytes.NewReader(body), asJSON
	case io.Reader:
		return body, asJSON
	}
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatalf("ginauthtest: the body: %v", err)
	}
	return bytes.NewReader(text), asJSON
}
