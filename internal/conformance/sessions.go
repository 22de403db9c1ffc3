package main

import (
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// secretKeys mirrors the reference's SECRET_KEY.
var secretKeys = models.SecretKeys{"oracle-fixed-django-secret-key-0123456789abcdef"}

// newSession returns the reference's sessions: Django's default settings, over
// plain HTTP.
func newSession(db *gorm.DB) *policies.SessionAuth {
	return policies.Session(db, policies.SessionConfig{
		InsecureCookie: true,
		Backends: []string{
			"django.contrib.auth.backends.ModelBackend",
			"django.contrib.auth.backends.RemoteUserBackend",
			"guardian.backends.ObjectPermissionBackend",
		},
	})
}

// sessions declares /session. DRF exempts function views from Django's CSRF
// check, and these have no throttles.
func (app *application) sessions() {
	handlers.MountSession(app.auth, app.engine, "/session", app.session, handlers.SessionConfig{
		Rules:               []ginauth.Rule{ginauth.NoThrottles()},
		InsecureWithoutCSRF: true,
		BadCredentials: struct {
			Detail string `json:"detail"`
		}{"Bad login."},
	})
	app.views["/session/login"] = view{methods: []string{"POST"}}
	app.views["/session/logout"] = view{methods: []string{"POST"}}
	app.views["/session/csrf"] = view{methods: []string{"GET"}}
}
