// Package csrf checks that a request comes from a site's own pages, as Django's
// CsrfViewMiddleware does: by where it says it comes from, and by a token of
// the secret in a cookie.
package csrf
