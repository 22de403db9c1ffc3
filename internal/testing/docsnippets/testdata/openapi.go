// Package openapi stands for package openapiginauth, which is in a module of
// its own.
package openapi

import (
	"testing"

	"github.com/ginauth/ginauth/ginauth"
)

var (
	t   *testing.T
	doc *struct{}

	openapiginauth struct {
		Apply, Drift func(doc *struct{}, auth *ginauth.Auth) ([]ginauth.Finding, error)
	}
)
