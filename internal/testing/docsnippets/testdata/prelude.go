// Package prelude declares what the fragments of the documents take for
// granted.
package prelude

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/rates"
)

var (
	ctx     context.Context
	err     error
	server  *http.Server
	client  *redis.Client
	db      *gorm.DB
	r       *gin.Engine
	c       *gin.Context
	auth    *ginauth.Auth
	users   *models.Users
	user    *models.User
	alice   *models.User
	bob     *models.User
	editors *models.Group
	note    Note
	page    []Note
	session *policies.SessionAuth
	trail   *audit.Trail
	metrics ginauth.Observer
	store   rates.Store
)

var health, find, suggest, download gin.HandlerFunc

// Note and Article are models of the application.
type (
	Note struct {
		ID, OwnerID, TenantID int64
		Title                 string
	}
	Article struct {
		ID, AuthorID int64
		Title        string
		Published    bool
	}
)
