package ginauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Abort ends a request with err, in a handler or a middleware behind the guard.
// It answers as DRF does when a view raises an exception, with the route's 401
// or 403 and its challenge. It answers
//   - an [*Error] as it is;
//   - an error with a method Refusal() (status int, code, detail string) as
//     that refusal, if the status is 4xx, such as models.ErrBadCredentials (401)
//     and models.ErrNotFound (404);
//   - an error with a method RetryAfter() time.Duration as [Unavailable];
//   - any other as a bare 500, logged.
//
// All of them may be wrapped.
func Abort(c *gin.Context, err error) {
	c.Abort() // first, since methods of err may panic
	e := answerTo(err)
	b := bindingOf(c)
	if b == nil {
		b = &unguardedBinding
	}
	b.refuse(c, e, 0, nil)
}

// unguardedBinding is that of routes without a guard, which have no settings.
var unguardedBinding = binding{auth: &Auth{render: RenderDetail}}

// answerTo returns the answer to a request that ends with err.
func answerTo(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e == nil {
			return ServerError(errNilError)
		}
		return e
	}
	if e := refusalOf(err); e != nil {
		return e
	}
	if _, ok := errors.AsType[retryable](err); ok {
		return Unavailable(err)
	}
	return ServerError(err)
}

// refuse writes every refusal: it aborts the chain, and writes the status, the
// headers and the body. took is how long the guard took to decide, or zero, and
// d what it has asked, or nil.
func (b *binding) refuse(c *gin.Context, e *Error, took time.Duration, d *decision) {
	c.Abort()
	answer, challenge := b.settle(c, e)
	if challenge != "" {
		c.Header("WWW-Authenticate", challenge)
	}
	if answer.Wait > 0 {
		c.Header("Retry-After", strconv.FormatInt(retrySeconds(answer.Wait), 10))
	}
	if answer.Status >= http.StatusInternalServerError {
		c.Header(requestIDHeader, RequestID(c))
	}
	d.send(c, strconv.Itoa(answer.Status))
	b.record(c, &answer, took, d)
	c.Status(answer.Status)
	b.auth.render(c, &answer)
}

// settle returns the answer to a refusal, with its final status, and the
// challenge if that is 401. Where the route has no challenge, it is 403.
func (b *binding) settle(c *gin.Context, e *Error) (answer Error, challenge string) {
	answer = *e
	if answer.Status < http.StatusBadRequest { // an Error made without a status must not read as success
		answer.Status = http.StatusInternalServerError
	}
	if answer.Status != http.StatusUnauthorized {
		return answer, ""
	}
	if ch := b.policy.challenger(); ch != nil {
		challenge = ch.Challenge(c)
	}
	if challenge == "" {
		answer.Status = http.StatusForbidden
	}
	return answer, challenge
}

// RenderDetail writes DRF's body: {"detail": ...}, or the detail itself if it
// is not a string.
func RenderDetail(c *gin.Context, e *Error) {
	body := e.Detail
	if _, ok := body.(string); ok || body == nil {
		body = struct {
			Detail any `json:"detail"`
		}{body}
	}
	JSON(c, e.Status, body)
}

// RenderProblem writes an RFC 9457 problem, media type
// application/problem+json: "title" is the text of the status, "code" the code,
// and "detail" the detail, or "errors" if it is not a string.
func RenderProblem(c *gin.Context, e *Error) {
	problem := struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		Code   string `json:"code,omitempty"`
		Errors any    `json:"errors,omitempty"`
	}{Title: http.StatusText(e.Status), Status: e.Status, Code: e.Code}
	if text, ok := e.Detail.(string); ok {
		problem.Detail = text
	} else {
		problem.Errors = e.Detail
	}
	writeJSON(c, e.Status, "application/problem+json", problem)
}

// JSON answers with a body as DRF's JSONRenderer writes it, byte for byte:
// compact, without HTML escapes or a final newline, with the Content-Type
// application/json. If the body cannot be encoded, it answers a bare 500.
func JSON(c *gin.Context, status int, body any) { writeJSON(c, status, "application/json", body) }

func writeJSON(c *gin.Context, status int, contentType string, body any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		buf.Reset()
		buf.WriteString(`{"detail":"A server error occurred."}`)
		status = http.StatusInternalServerError
	}
	c.Data(status, contentType, bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}
