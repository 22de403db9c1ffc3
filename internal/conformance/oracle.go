package main

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/fixture"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// oracle declares the routes through which a replayer drives the application.
// They are open to every client, and reset overwrites tables: never serve a
// database that matters.
func (app *application) oracle() {
	open := app.auth.Group(app.engine, "/_oracle",
		ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny))
	open.POST("/reset", app.reset)
	open.GET("/health", func(c *gin.Context) { ginauth.JSON(c, http.StatusOK, gin.H{"ginauth": true}) })
	open.GET("/hash/:username", app.storedHash)
}

// reset restores the fixture in the database, and clears the counts of the
// throttles.
func (app *application) reset(c *gin.Context) {
	app.resetThrottles()
	if err := fixture.Reset(c.Request.Context(), app.db); err != nil {
		ginauth.Abort(c, err)
		return
	}
	ginauth.JSON(c, http.StatusOK, gin.H{"reset": true})
}

// storedHash reports how a user's password is stored.
func (app *application) storedHash(c *gin.Context) {
	user, err := app.users.ByUsername(c.Request.Context(), c.Param("username"))
	if err != nil {
		ginauth.Abort(c, err)
		return
	}
	parts := strings.Split(string(user.(*models.User).Password), "$")
	answer := gin.H{"algorithm": parts[0], "iterations": nil}
	if strings.HasPrefix(parts[0], "pbkdf2") {
		answer["iterations"] = parts[1]
	}
	ginauth.JSON(c, http.StatusOK, answer)
}
