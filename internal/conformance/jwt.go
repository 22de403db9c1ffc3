package main

import (
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

// jwtConfig mirrors the reference's SIMPLE_JWT.
var jwtConfig = jwt.Config{
	Key:                    jwt.HS256([]byte("oracle-fixed-jwt-signing-key-0123456789abcdef0123456789abcdef")),
	RotateRefreshTokens:    true,
	BlacklistAfterRotation: true,

	CaseSensitiveHeaderTypes: true,
}

// jwt declares simplejwt's views.
func (app *application) jwt() {
	endpoints := jwt.Endpoints{
		Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify", Blacklist: "/jwt/blacklist",
		Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh",
		ForOthers: true, // the reference's routes accept access tokens only
		Rules:     []ginauth.Rule{ginauth.NoThrottles()},
	}
	jwt.Mount(app.auth, app.engine, endpoints, app.db, jwtConfig)
	for _, path := range []string{
		endpoints.Pair, endpoints.Refresh, endpoints.Verify, endpoints.Blacklist,
		endpoints.Sliding, endpoints.SlidingRefresh,
	} {
		app.views[path] = view{methods: []string{"POST"}}
	}
}
