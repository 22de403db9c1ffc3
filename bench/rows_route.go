package main

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// routeRows compares what the guard adds to a route with bare Gin, and a cached
// token with a middleware written by hand.
func routeRows(s *store) ([]row, error) {
	bare := gin.New()
	bare.GET("/", emptyHandler)
	byHand := gin.New()
	byHand.GET("/", handWritten(map[string]*models.User{s.token: s.user}), emptyHandler)

	engine, err := guarded(s)
	if err != nil {
		return nil, err
	}
	telling, err := guarded(s, ginauth.RateLimitHeaders())
	if err != nil {
		return nil, err
	}
	token := []string{"Authorization", "Token " + s.token}
	var rows []row
	for _, r := range []struct {
		name, peer string
		engine     *gin.Engine
		path       string
		headers    []string
		beside     *gin.Engine
	}{
		{"route without authenticators", bareGin, engine, "/open", nil, bare},
		{"route with authenticators, anonymous", bareGin, engine, "/anonymous", nil, bare},
		{"token, cached", bareGin, engine, "/token", token, bare},
		{"token, cached", "a middleware by hand", engine, "/token", token, byHand},
		{"cached token, HasPerm, UserRate", bareGin, engine, "/full", token, bare},
		{"cached token, HasPerm, UserRate", "a middleware by hand, token alone", engine, "/full", token, byHand},
		{"the same with RateLimitHeaders", bareGin, telling, "/full", token, bare},
	} {
		row, err := pair(r.name, r.peer,
			func() (func(), error) { return serve(r.engine, r.path, r.headers...) },
			func() (func(), error) { return serve(r.beside, "/", r.headers...) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	missing, err := pair("404 behind the guard", bareGin,
		func() (func(), error) { return serveStatus(http.StatusNotFound, engine, "/missing") },
		func() (func(), error) { return serveStatus(http.StatusNotFound, bare, "/missing") })
	return append(rows, missing), err
}

// guarded returns an engine with a route for each row.
func guarded(s *store, options ...ginauth.Option) (*gin.Engine, error) {
	engine := gin.New()
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	class := cached(s.db)
	auth := ginauth.New(engine, append(options, ginauth.AuthenticationClasses(class))...)
	auth.With(engine, public, ginauth.NoAuthentication()).GET("/open", emptyHandler)
	auth.With(engine, public).GET("/anonymous", emptyHandler)
	auth.With(engine).GET("/token", emptyHandler)
	auth.With(engine, ginauth.PermissionClasses(policies.HasPerm("auth.p1")),
		ginauth.ThrottleClasses(policies.UserRate("1000000000/min"))).GET("/full", emptyHandler)
	return engine, nil
}

// handWritten returns a middleware that looks up the digest of a token in a
// map with an end for each entry, as an application would write it.
func handWritten(users map[string]*models.User) gin.HandlerFunc {
	type entry struct {
		user  *models.User
		until time.Time
	}
	var mu sync.RWMutex
	cache := map[[sha256.Size]byte]entry{}
	for token, user := range users {
		cache[sha256.Sum256([]byte(token))] = entry{user, time.Now().Add(time.Hour)}
	}
	return func(c *gin.Context) {
		token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Token ")
		mu.RLock()
		e, found := cache[sha256.Sum256([]byte(token))]
		mu.RUnlock()
		if !ok || !found || time.Now().After(e.until) {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("user", e.user)
	}
}
