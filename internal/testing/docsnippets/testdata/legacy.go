// Package legacy declares what an application has that comes from gin-jwt.
package legacy

import (
	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

var (
	key       jwt.Key
	config    jwt.Config
	oldSecret []byte
)

// Account is a row of the application's own table.
type Account struct{ models.BaseUser }

func (a *Account) Active() bool { return true }

func OldTokens(*gorm.DB, []byte) ginauth.Authenticator { return nil }

func render(*gin.Context, *ginauth.Error) {}

func refresh(*jwt.Issuer) gin.HandlerFunc { return nil }
