// Package openapiginauth writes policies into an OpenAPI document, and finds
// where a document and the policies differ.
//
//	findings, err := openapiginauth.Apply(doc, auth) // doc is an *openapi3.T
//
// The document is an OpenAPI 3 document of kin-openapi that some generator has
// made, or a person. [Apply] adds to it
//   - a security scheme for each kind of credential that the routes accept;
//   - the security of each operation: the credentials that satisfy the policy,
//     with the scopes where OpenAPI has a place for them. An empty requirement
//     among others means that a request needs no credential, and an empty list
//     that it cannot have one;
//   - the answers by which the guard may refuse a request, with their body and
//     their headers.
//
// Responses and security schemes that the document declares already stay as
// they are. In a test, [Drift] says how a document in the repository differs
// from the policies of the program.
//
// It is a module of its own, so that only programs that use it depend on
// kin-openapi. The directory example shows it with a document that swaggo
// generates from comments.
package openapiginauth
