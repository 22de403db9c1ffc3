package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// routeSeries sends requests to all routes in a random order, each with a user
// that is already known, beside bare Gin with the same routes.
func routeSeries() series {
	return series{
		name:    "routes",
		columns: []string{"ns a request", "bare Gin", "ratio", "allocs", "bare Gin", "µs to register a route", "bare Gin"},
		lines:   []string{"routes: time of a request", "routes: bare Gin"},
		sizes:   decades(10, 100_000),
		open:    func() (func(int) (point, error), func(), error) { return measureRoutes, func() {}, nil },
	}
}

func measureRoutes(n int) (point, error) {
	alice := &ginauth.Identity{User: &models.User{Username: "alice", IsActive: true}}
	known := policies.AuthenticatorFunc("Known", func(c *gin.Context) (*ginauth.Identity, error) {
		if c.GetHeader("Authorization") == "" {
			return nil, ginauth.ErrNoCredentials
		}
		return alice, nil
	})
	guarded, bare := gin.New(), gin.New()
	auth := ginauth.New(guarded, ginauth.AuthenticationClasses(known))
	staff := ginauth.PermissionClasses(policies.IsAuthenticated)
	ours := timed(registering(n, func(path string) { auth.With(guarded, staff).GET(path, nothing) }), 1) / float64(n)
	theirs := timed(registering(n, func(path string) { bare.GET(path, nothing) }), 1) / float64(n)

	refused := httptest.NewRecorder()
	guarded.ServeHTTP(refused, httptest.NewRequest(http.MethodGet, pathOf(n-1), nil))
	if refused.Code != http.StatusUnauthorized && refused.Code != http.StatusForbidden {
		return point{}, fmt.Errorf("an anonymous request is answered with %d", refused.Code)
	}
	toOurs, err := toAll(guarded, n)
	if err != nil {
		return point{}, err
	}
	toTheirs, err := toAll(bare, n)
	if err != nil {
		return point{}, err
	}
	got := measure(row{ours: toOurs, theirs: toTheirs}, rounds, time.Millisecond)
	return point{
		cells: []string{
			fmt.Sprintf("%.0f", got.us.least), fmt.Sprintf("%.0f", got.them.least), ratio(got.us.least, got.them.least),
			fmt.Sprintf("%.0f", got.us.allocs), fmt.Sprintf("%.0f", got.them.allocs),
			fmt.Sprintf("%.1f", ours/1000), fmt.Sprintf("%.1f", theirs/1000),
		},
		values: []float64{got.us.least, got.them.least},
	}, nil
}

func pathOf(i int) string { return fmt.Sprintf("/things%d/1", i) }

// registering returns a function that registers n routes.
func registering(n int, register func(path string)) func() {
	return func() {
		for i := range n {
			register(fmt.Sprintf("/things%d/:id", i))
		}
	}
}

// toAll returns a function that sends a request to the next of n routes in a
// random order, once all have been answered with 200.
func toAll(h http.Handler, n int) (func(), error) {
	paths := make([]string, n)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "known")
	for i, at := range rand.Perm(n) {
		paths[i] = pathOf(at)
		w := httptest.NewRecorder()
		r.URL.Path = paths[i]
		if h.ServeHTTP(w, r); w.Code != http.StatusOK {
			return nil, errors.New(paths[i] + ": " + w.Body.String())
		}
	}
	w, fresh, next := &sink{http.Header{}}, *r, 0
	return func() {
		*r = fresh
		r.URL.Path = paths[next]
		next = (next + 1) % n
		h.ServeHTTP(w, r)
	}, nil
}
