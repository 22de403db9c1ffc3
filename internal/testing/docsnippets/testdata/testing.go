// Package testing declares what the tests of an application have.
package testing

import (
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

var t *testing.T

func newApplication(t *testing.T) (engine *gin.Engine, auth *ginauth.Auth) { return nil, nil }
