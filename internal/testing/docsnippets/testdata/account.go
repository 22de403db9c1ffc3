// Package account declares a user model of the application's own.
package account

import (
	"github.com/google/uuid"

	"github.com/ginauth/ginauth/models"
)

// Account logs in by an address.
type Account struct {
	ID uuid.UUID
	models.AbstractBaseUser
	models.PermissionsMixin
	Email, Role string
}

func (a *Account) Active() bool { return true }
