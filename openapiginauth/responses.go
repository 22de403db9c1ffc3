package openapiginauth

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// Components whose name begins so are Apply's.
const (
	ours          = "Guard"
	responsesPath = "#/components/responses/" + ours
	headersPath   = "#/components/headers/" + ours
)

// descriptions of the refusals, by status.
var descriptions = map[int]string{
	http.StatusUnauthorized:       "The request brings no credentials, or wrong ones.",
	http.StatusForbidden:          "The policy of the operation does not allow the request.",
	http.StatusNotFound:           "There is no such object, or the client may not know of it.",
	http.StatusTooManyRequests:    "There were too many requests, or too many failed logins.",
	http.StatusServiceUnavailable: "The policy could not be decided now. The request may be tried again.",
}

// headers of the refusals, and of throttled routes.
var headers = map[string]*openapi3.Header{
	"WWW-Authenticate": header("How to authenticate (RFC 9110 section 11.6.1).", openapi3.NewStringSchema()),
	"Retry-After": header("The seconds until the request may be tried again.",
		openapi3.NewIntegerSchema().WithMin(0)),
	"X-Request-ID": header("The id of the request, by which the log knows it.", openapi3.NewStringSchema()),
	"RateLimit": header("What is left of each rate (draft-ietf-httpapi-ratelimit-headers-09).",
		openapi3.NewStringSchema()),
	"RateLimit-Policy": header("The rates (draft-ietf-httpapi-ratelimit-headers-09).", openapi3.NewStringSchema()),
}

var quotaHeaders = []string{"RateLimit", "RateLimit-Policy"}

func header(description string, schema *openapi3.Schema) *openapi3.Header {
	return &openapi3.Header{Parameter: openapi3.Parameter{
		Description: description, Schema: openapi3.NewSchemaRef("", schema),
	}}
}

// responses adds the refusals that an operation does not declare, and removes
// those of former policies.
func (w *writer) responses(op *operation) {
	wanted := map[string]bool{}
	for _, refusal := range op.route.Refusals {
		status := strconv.Itoa(refusal.Status)
		wanted[status] = true
		ref := &openapi3.ResponseRef{Ref: responsesPath + nameOf(refusal.Status), Value: w.refusalResponse(refusal)}
		if op.Responses.Value(status) == nil {
			message := "the policy may answer " + status + ", which is not declared"
			w.change(op.method, op.path, message, func() { op.set(status, ref) })
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		ref := op.Responses.Value(status)
		if ref == nil {
			continue
		}
		if strings.HasPrefix(ref.Ref, responsesPath) && !wanted[status] {
			w.change(op.method, op.path, "the policy never answers "+status, func() { op.Responses.Delete(status) })
		}
		if strings.HasPrefix(status, "2") && ref.Ref == "" && ref.Value != nil {
			w.quotas(op, status, ref.Value)
		}
	}
}

func (op *operation) set(status string, ref *openapi3.ResponseRef) {
	if op.Responses == nil {
		op.Responses = openapi3.NewResponsesWithCapacity(1)
	}
	op.Responses.Set(status, ref)
}

// quotas writes the headers of [ginauth.RateLimitHeaders] into a response of a
// throttled route. A response that operations share is left alone.
func (w *writer) quotas(op *operation, status string, response *openapi3.Response) {
	for _, name := range quotaHeaders {
		there := response.Headers[name]
		switch {
		case op.route.Quotas && there == nil:
			message := "answers with " + status + " have the header " + name + ", which is not declared"
			w.change(op.method, op.path, message, func() {
				if response.Headers == nil {
					response.Headers = openapi3.Headers{}
				}
				response.Headers[name] = &openapi3.HeaderRef{Ref: headersPath + name, Value: headers[name]}
			})
		case !op.route.Quotas && there != nil && strings.HasPrefix(there.Ref, headersPath):
			message := "answers with " + status + " do not have the header " + name
			w.change(op.method, op.path, message, func() { delete(response.Headers, name) })
		}
	}
}

// nameOf returns the name of a refusal without its beginning, such as
// "TooManyRequests".
func nameOf(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

// refusalResponse describes a refusal by its example.
func (w *writer) refusalResponse(refusal ginauth.Refusal) *openapi3.Response {
	description := descriptions[refusal.Status]
	response := &openapi3.Response{Description: &description}
	names := slices.Clone(refusal.Headers)
	counted := func(r ginauth.Description) bool { return r.Quotas }
	if refusal.Status == http.StatusTooManyRequests && slices.ContainsFunc(w.routes, counted) {
		names = append(names, quotaHeaders...)
	}
	for _, name := range names {
		if response.Headers == nil {
			response.Headers = openapi3.Headers{}
		}
		response.Headers[name] = &openapi3.HeaderRef{Value: headers[name]}
	}
	if mediaType, body := content(refusal); body != nil {
		response.Content = openapi3.Content{mediaType: body}
	}
	return response
}
