// Package session reads and writes django_session, Django's table of sessions,
// in Django's format: one that Django has begun is valid here, and the other
// way round. Package policies has the authenticator, package handlers the login
// and the logout.
package session
