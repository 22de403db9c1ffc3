package openapiginauth

import (
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// sharedResponses writes the components that operations refer to, and removes
// those that none refers to any more.
func (w *writer) sharedResponses(operations []*operation) {
	responses, quotas := map[string]*openapi3.Response{}, map[string]*openapi3.Header{}
	for _, op := range operations {
		if op.route == nil || !op.route.Guarded {
			continue
		}
		for _, refusal := range op.route.Refusals {
			there := op.Responses.Status(refusal.Status)
			if there == nil || strings.HasPrefix(there.Ref, responsesPath) {
				responses[ours+nameOf(refusal.Status)] = w.refusalResponse(refusal)
			}
		}
		if op.route.Quotas {
			for _, name := range quotaHeaders {
				quotas[ours+name] = headers[name]
			}
		}
	}
	components := w.doc.Components
	if components == nil {
		components = &openapi3.Components{} // nothing is written
	}
	if components.Responses == nil && len(responses) > 0 && !w.dry {
		components.Responses = openapi3.ResponseBodies{}
	}
	if components.Headers == nil && len(quotas) > 0 && !w.dry {
		components.Headers = openapi3.Headers{}
	}
	share(w, "responses", components.Responses, responses, func(r *openapi3.Response) *openapi3.ResponseRef {
		return &openapi3.ResponseRef{Value: r}
	})
	share(w, "headers", components.Headers, quotas, func(h *openapi3.Header) *openapi3.HeaderRef {
		return &openapi3.HeaderRef{Value: h}
	})
}

// share makes the components of one kind whose name begins with ours those that
// are wanted.
func share[T, R any](w *writer, kind string, components map[string]*R, wanted map[string]*T, ref func(value *T) *R) {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		value := ref(wanted[name])
		if there := components[name]; there == nil || canonical(there) != canonical(value) {
			message := "components." + kind + "." + name + " is missing, or not what the policies answer"
			w.change("", "", message, func() { components[name] = value })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(components)) {
		if strings.HasPrefix(name, ours) && wanted[name] == nil {
			w.change("", "", "components."+kind+"."+name+" is not used", func() { delete(components, name) })
		}
	}
}

// canonical returns the JSON of a part of a document, by which parts that were
// read are compared with parts that were made.
func canonical(part any) string {
	encoded, err := json.Marshal(part)
	if err != nil {
		return err.Error()
	}
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		return err.Error()
	}
	return text(value)
}

// content describes the body of a refusal by its example.
func content(refusal ginauth.Refusal) (mediaType string, body *openapi3.MediaType) {
	mediaType, _, err := mime.ParseMediaType(refusal.ContentType)
	if err != nil || len(refusal.Body) == 0 {
		return "", nil
	}
	var example any
	if json.Unmarshal(refusal.Body, &example) != nil {
		plain := openapi3.NewMediaType().WithSchema(openapi3.NewStringSchema())
		return mediaType, plain.WithExample("", string(refusal.Body))
	}
	body = openapi3.NewMediaType().WithSchema(schemaOf(example))
	body.Example = example
	return mediaType, body
}

// schemaOf returns the schema of a value of JSON. What is in lists is not
// described.
func schemaOf(example any) *openapi3.Schema {
	switch value := example.(type) {
	case map[string]any:
		object := openapi3.NewObjectSchema()
		for _, name := range slices.Sorted(maps.Keys(value)) {
			object.WithProperty(name, schemaOf(value[name]))
			object.Required = append(object.Required, name)
		}
		return object
	case string:
		return openapi3.NewStringSchema()
	case float64:
		return openapi3.NewFloat64Schema().WithFormat("")
	case bool:
		return openapi3.NewBoolSchema()
	case []any:
		return openapi3.NewArraySchema().WithItems(openapi3.NewSchema())
	}
	return openapi3.NewSchema()
}
