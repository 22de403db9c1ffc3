package main

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// loginRequired lets users pass, and sends visitors who have not logged in to
// the login page (Django: login_required). It is IsAuthenticated with a code of
// its own, for which [renderError] looks.
type loginRequired struct{}

const codeLoginRequired = "login_required"

func (loginRequired) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	if id.Authenticated() {
		return true, nil
	}
	return false, ginauth.NotAuthenticated().WithCode(codeLoginRequired)
}

func (loginRequired) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{RequiresUser: true}
}

func (loginRequired) String() string { return "LoginRequired" }
